using BareBert.Simt;
using Xunit;

namespace BareBert.Tests;

/// <summary>Drivers that do not start, and GPUs that are not there: one line that says what would help.</summary>
[Collection(nameof(FakeDriver))]
public sealed class DriverStartTests : IDisposable
{
    private readonly FakeDriver driver = new();

    public void Dispose() => driver.Dispose();

    private string Refusal()
    {
        (CudaLibrary? library, string reason) = CudaLibrary.Start("libfake.so", driver.Find);
        Assert.Null(library);
        Assert.DoesNotContain('\n', reason);
        return reason;
    }

    [Fact]
    public void AWorkingDriverStarts()
    {
        (CudaLibrary? library, string reason) = CudaLibrary.Start("libfake.so", driver.Find);
        Assert.NotNull(library);
        Assert.Empty(reason);
    }

    [Theory]
    [InlineData(100, "the NVIDIA driver finds no GPU")]
    [InlineData(803, "restart the machine")]
    [InlineData(999, "does not start: CUDA_ERROR_UNKNOWN: what 999 means")]
    public void WhyADriverDoesNotStartIsSaid(int code, string expected)
    {
        driver.Failing["cuInit"] = code;
        Assert.Contains(expected, Refusal());
    }

    [Fact]
    public void AnOldDriverLacksFunctions()
    {
        driver.Missing.Add("cuGraphInstantiateWithFlags");
        Assert.Equal("the NVIDIA driver is too old: libfake.so has no cuGraphInstantiateWithFlags; install driver 520 (CUDA 11.8) or newer", Refusal());
    }

    [Fact]
    public void GpusThatAreNotThereOrNotNewEnoughAreRefusedInOneLine()
    {
        string Message(int ordinal) => Assert.Throws<InputException>(() => new CudaDevice(driver.Library(), ordinal, null)).Message;
        Assert.Equal("`Device` cuda:1: there is 1 GPU, counted from 0", Message(1));
        Assert.Contains("counted from 0", Message(-1));
        driver.CapabilityMajor = 7;
        Assert.Contains("`Device` cuda:0: Fake 0 cannot be used: it has compute capability 7.0", Message(0));
        driver.CapabilityMajor = 9;
        driver.Version = 11040;
        Assert.Contains("its driver knows CUDA 11.4; install driver 520 (CUDA 11.8) or newer", Message(0));
        driver.Count = 0;
        Assert.Contains("the NVIDIA driver finds no GPU", Message(0));
        Assert.Contains("use `Device` cpu", Message(0));
    }

    [Fact]
    public void AGpuIsDescribed()
    {
        driver.Count = 2;
        CudaDeviceInfo info = CudaDeviceInfo.Of(driver.Library(), 1);
        Assert.Equal(new CudaDeviceInfo(1, "Fake 1", new Version(9, 0), 1 << 20, 132, 232_448, new Version(12, 4)), info);
    }

    [Theory]
    [InlineData("cuDeviceGetName")]
    [InlineData("cuDeviceTotalMem_v2")]
    [InlineData("cuDeviceGetAttribute")]
    public void AGpuThatTheDriverDoesNotDescribeCannotBeUsed(string function)
    {
        driver.Failing[function] = 999;
        string? obstacle = CudaDeviceInfo.Describe(driver.Library(), 0).Obstacle;
        Assert.Contains("CUDA_ERROR_UNKNOWN: what 999 means; nvidia-smi may say more", obstacle);
    }
}
