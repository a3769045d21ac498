using BareBert.Simt;
using Xunit;

namespace BareBert.Tests;

/// <summary>Machine code kept on disk: made once, made anew for another driver or chip, and never a reason to fail.</summary>
[Collection(nameof(FakeDriver))]
public sealed class CubinCacheTests : IDisposable
{
    private readonly FakeDriver driver = new();
    private readonly Scratch folder = new();

    public void Dispose()
    {
        folder.Dispose();
        driver.Dispose();
    }

    // How often the assembler is asked when a program starts and launches two kernels, one of them twice.
    private int AssembledByAStart(string? cacheFolder = null)
    {
        int before = driver.Called("cuLinkCreate_v2");
        using (var device = new CudaDevice(driver.Library(), 0, cacheFolder ?? folder.Root))
        {
            using var x = new DeviceBuffer<float>(device, 32);
            SimtKernel saxpy = SimtKernel.Of(SampleKernels.Saxpy), sum = SimtKernel.Of(SampleKernels.WarpSum);
            device.Launch(saxpy, 1, 32, 0, x.View, x.View, 1f, 32);
            device.Launch(sum, 1, 32, 0, x.View, x.View);
            device.Launch(sum, 1, 32, 0, x.View, x.View);
        }
        Assert.Equal(0, driver.Held);
        return driver.Called("cuLinkCreate_v2") - before;
    }

    private string[] Files => Directory.GetFiles(folder.Root, "*.cubin");

    [Fact]
    public void TheSecondStartAssemblesNothing()
    {
        Assert.Equal(2, AssembledByAStart());
        Assert.Equal(2, Files.Length);
        Assert.Equal(0, AssembledByAStart());
    }

    [Fact]
    public void AnotherDriverOrChipHasItsOwn()
    {
        AssembledByAStart();
        driver.Version = 13000;
        Assert.Equal(2, AssembledByAStart());
        driver.CapabilityMajor = 8;
        Assert.Equal(2, AssembledByAStart());
        Assert.Equal(6, Files.Length);
        driver.Version = 12040;
        driver.CapabilityMajor = 9;
        Assert.Equal(0, AssembledByAStart());
    }

    [Theory]
    [InlineData("")]
    [InlineData("cub")]
    public void ADamagedFileIsMadeAnew(string left)
    {
        AssembledByAStart();
        File.WriteAllText(Files[0], left);
        Assert.Equal(1, AssembledByAStart());
        Assert.Equal(0, AssembledByAStart());
    }

    [Fact]
    public void AFolderThatCannotBeWrittenCostsTimeOnly()
    {
        string file = folder.File("occupied", "");
        Assert.Equal(2, AssembledByAStart(Path.Combine(file, "cubin")));
        // A folder where the file should be can neither be read nor replaced.
        AssembledByAStart();
        string taken = Files[0];
        File.Delete(taken);
        Directory.CreateDirectory(taken);
        Assert.Equal(1, AssembledByAStart());
    }
}
