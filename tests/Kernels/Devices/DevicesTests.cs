using BareBert.Kernels;
using BareBert.Simt;
using Xunit;

namespace BareBert.Tests;

/// <summary>Devices by their names on the command line.</summary>
public sealed class DevicesTests
{
    [Theory]
    [InlineData("gpu")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("cuda:1x")]
    [InlineData("CUDA")]
    [InlineData("")]
    public void UnknownNamesAreRefusedInOneLine(string name)
    {
        string message = Assert.Throws<InputException>(() => BareBert.Kernels.Devices.Open(name)).Message;
        Assert.Contains("cuda:N", message);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void CudaWithoutAGpuSaysWhatIsMissing()
    {
        Assert.SkipWhen(CudaDeviceInfo.All(out _).Count > 0, "this machine has a GPU");
        string message = Assert.Throws<InputException>(() => BareBert.Kernels.Devices.Open("cuda")).Message;
        Assert.Contains("`Device` cuda", message);
        Assert.DoesNotContain('\n', message);
        using IKernels automatic = BareBert.Kernels.Devices.Open("auto");
        Assert.Equal("cpu", automatic.Name);
    }

    [Fact]
    public void ProcessorsKnowOnePrecision()
    {
        foreach (string name in new[] { "cpu", "reference" })
            Assert.Throws<InputException>(() => BareBert.Kernels.Devices.Open(name, precision: Precision.Bf16));
        using IKernels emulated = BareBert.Kernels.Devices.Open("emulated", precision: Precision.Bf16);
        Assert.Equal("emulated", emulated.Name);
        Assert.Equal(Precision.Bf16, ((GpuKernels)emulated).Precision);
    }
}
