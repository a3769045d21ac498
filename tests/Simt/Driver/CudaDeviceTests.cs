using BareBert.Simt;
using Xunit;

namespace BareBert.Tests;

/// <summary>A GPU's host side, on a driver that is played: what is asked of it, in which order, what is given back, and what is said when it refuses.</summary>
[Collection(nameof(FakeDriver))]
public sealed unsafe class CudaDeviceTests : IDisposable
{
    private static readonly SimtKernel Saxpy = SimtKernel.Of(SampleKernels.Saxpy);

    private readonly FakeDriver driver = new();
    private readonly Scratch cache = new();

    public CudaDeviceTests() => driver.Kernels[Saxpy.Name] = parameters =>
    {
        // A view is where it lies, then its length.
        float* x = *(float**)parameters[0], y = *(float**)parameters[1];
        float a = *(float*)parameters[2];
        int n = *(int*)parameters[3];
        return () =>
        {
            for (int i = 0; i < n; i++)
                y[i] += a * x[i];
        };
    };

    public void Dispose()
    {
        cache.Dispose();
        driver.Dispose();
    }

    private CudaDevice Open(int ordinal = 0) => new(driver.Library(), ordinal, cache.Root);

    // One of everything that a device can be asked for.
    private float[] Session()
    {
        using CudaDevice device = Open();
        using var x = new DeviceBuffer<float>(device, 1000);
        using var y = new DeviceBuffer<float>(device, 1000);
        x.Upload([.. Enumerable.Range(0, 1000).Select(i => (float)i)]);
        y.Clear();
        using CudaEvent start = device.Mark();
        device.Launch(Saxpy, (4, 1, 1), 256, 0, x.View, y.View, 2f, 1000);
        using CudaEvent end = device.Mark();
        using IDeviceGraph graph = device.Capture(() => device.Launch(Saxpy, 4, 256, 0, x.View, y.View, 1f, 1000));
        graph.Replay();
        graph.Replay();
        device.Copy(DeviceView.AddressOf(y.View), DeviceView.AddressOf(x.View), 4 * 500);
        Assert.Equal(1.5, start.Until(end).TotalMilliseconds, 1e-6);
        device.Synchronize();
        Assert.Equal(x.Download()[..500], y.Download()[..500]);
        return y.Download();
    }

    [Fact]
    public void ASessionComputesAndGivesEverythingBack()
    {
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => 4f * i), Session());
        Assert.Equal(0, driver.Held);
        Assert.Equal(2, driver.Launches.Count);
        Assert.All(driver.Launches, launch => Assert.Equal((4, 256, 0), (launch.Grid.X, launch.Group.X, launch.Shared)));
    }

    [Fact]
    public void EveryFunctionThatFailsIsNoticed()
    {
        Session();
        // What cannot be helped: giving back. What is not reached otherwise: memory's sizes are asked for where there is none left.
        string[] functions = [.. driver.Calls.Distinct().Where(name => !name.Contains("Free") && !name.Contains("Destroy") && !name.Contains("Unload") && !name.Contains("Release"))];
        Assert.True(functions.Length >= 25, string.Join(' ', functions));
        foreach (string function in functions)
        {
            driver.Failing[function] = 999;
            // An empty cache: the assembler is asked too.
            foreach (string file in Directory.GetFiles(cache.Root))
                File.Delete(file);
            string message = Assert.Throws<RunException>(() => { Session(); }).Message;
            Assert.Contains("CUDA_ERROR_UNKNOWN: what 999 means", message);
            Assert.DoesNotContain('\n', message);
            driver.Failing.Clear();
        }
    }

    [Fact]
    public void SmallUploadsDoNotWaitAndLargeOnesDo()
    {
        driver.Capacity = 16 << 20;
        using CudaDevice device = Open();
        using var x = new DeviceBuffer<int>(device, 1 << 20);
        int[] few = [1, 2, 3], many = new int[1 << 19];
        int before = driver.Called("cuStreamSynchronize");
        x.Upload(few);
        few[1] = 9;
        Assert.Equal(before, driver.Called("cuStreamSynchronize"));
        Assert.Equal([1, 2, 3], x.Download()[..3]);
        many[^1] = 7;
        before = driver.Called("cuStreamSynchronize");
        x.Upload(many);
        Assert.Equal(before + 1, driver.Called("cuStreamSynchronize"));
        many[^1] = 8;
        Assert.Equal(7, x.Download()[(1 << 19) - 1]);
        Assert.Throws<ArgumentException>(() => x.Upload(new int[(1 << 20) + 1]));
    }

    [Fact]
    public void PinnedMemoryIsCopiedWithoutWaiting()
    {
        using CudaDevice device = Open();
        using var x = new DeviceBuffer<byte>(device, 8);
        using (var pinned = new PinnedBuffer(device, 8))
        {
            pinned.Span.Fill(5);
            int before = driver.Called("cuStreamSynchronize");
            device.Upload(pinned, 8, DeviceView.AddressOf(x.View));
            Assert.Equal(before, driver.Called("cuStreamSynchronize"));
            Assert.All(x.Download(), value => Assert.Equal(5, value));
        }
        driver.Failing["cuMemHostAlloc"] = FakeDriver.OutOfMemory;
        Assert.Contains("pinning 8 bytes of host memory", Assert.Throws<RunException>(() => new PinnedBuffer(device, 8)).Message);
    }

    [Fact]
    public void FreedMemoryIsGivenOutAgainWithoutTheDriver()
    {
        using CudaDevice device = Open();
        ulong first = device.Allocate(1000);
        device.Free(first);
        int before = driver.Called("cuMemAlloc_v2");
        Assert.Equal(first, device.Allocate(1024));
        Assert.Equal(before, driver.Called("cuMemAlloc_v2"));
        Assert.NotEqual(first, device.Allocate(1024));
        Assert.Throws<ArgumentException>(() => device.Free(first + 512));
        device.Free(first);
        Assert.Throws<ArgumentException>(() => device.Free(first));
        Assert.Equal(0, driver.Called("cuMemFree_v2"));
    }

    [Fact]
    public void OutOfMemoryNamesTheSizesAfterAllThatIsFreeWasTried()
    {
        driver.Capacity = 100 << 20;
        using CudaDevice device = Open();
        ulong kept = device.Allocate(30 << 20), freed = device.Allocate(50 << 20);
        device.Free(freed);
        // 60 MiB fit only when the pool's free 50 went back to the driver.
        device.Free(device.Allocate(60 << 20));
        string message = Assert.Throws<RunException>(() => device.Allocate(80L << 20)).Message;
        Assert.Contains("out of GPU memory: 80 MiB asked for, 30 MiB in use here, 70 of 100 MiB free; use a smaller batch", message);
        device.Free(kept);
    }

    [Fact]
    public void GraphsRefuseWhatWouldWaitAndRecordNothingOfItselfDone()
    {
        using CudaDevice device = Open();
        using var x = new DeviceBuffer<float>(device, 4);
        x.Upload([1, 1, 1, 1]);
        device.Launch(Saxpy, 1, 32, 0, x.View, x.View, 0f, 4);
        foreach (Action refused in (Action[])[() => x.Download(), () => x.Upload([2f]), device.Synchronize, () => device.Allocate(4)])
            Assert.Contains("cannot be captured", Assert.Throws<InvalidOperationException>(() => device.Capture(refused)).Message);
        using IDeviceGraph graph = device.Capture(x.Clear);
        Assert.Equal(1f, x.Download()[0]);
        graph.Replay();
        Assert.Equal(0f, x.Download()[0]);
    }

    [Theory]
    [InlineData(700, "CUDA_ERROR_ILLEGAL_ADDRESS")]
    [InlineData(716, "CUDA_ERROR_MISALIGNED_ADDRESS")]
    [InlineData(719, "CUDA_ERROR_LAUNCH_FAILED")]
    public void AKernelsFaultSaysHowToFindIt(int code, string name)
    {
        using CudaDevice device = Open();
        using var x = new DeviceBuffer<float>(device, 4);
        driver.Fault = code;
        string message = Assert.Throws<SimtFaultException>(device.Synchronize).Message;
        Assert.Contains($"{name}: what {code} means (seen while waiting for the GPU)", message);
        Assert.Contains("`Device` emulated", message);
        Assert.Throws<SimtFaultException>(() => x.Download());
    }

    [Theory]
    [InlineData("cuStreamSynchronize", 702, "a kernel ran longer than the system allows")]
    [InlineData("cuLaunchKernel", 701, "needs more registers or shared memory than the GPU has")]
    [InlineData("cuLinkAddData_v2", 222, "the NVIDIA driver is too old for PTX 7.8; install driver 520 (CUDA 11.8) or newer")]
    [InlineData("cuLinkComplete", 209, "compute capability 8.0 (Ampere) or newer is needed")]
    [InlineData("cuLinkAddData_v2", 218, "CUDA_ERROR_INVALID_PTX: what 218 means")]
    public void WhatIsWantingIsNamed(string function, int code, string expected)
    {
        using CudaDevice device = Open();
        using var x = new DeviceBuffer<float>(device, 4);
        driver.Failing[function] = code;
        driver.Log = "ptxas fatal : line 7\nof it";
        string message = Assert.Throws<RunException>(() =>
        {
            device.Launch(Saxpy, 1, 32, 0, x.View, x.View, 0f, 4);
            device.Synchronize();
        }).Message;
        Assert.Contains(expected, message);
        Assert.DoesNotContain('\n', message);
        if (function.StartsWith("cuLink", StringComparison.Ordinal) && code == 218)
            Assert.Contains($"assembling {Saxpy.Name} (ptxas fatal : line 7 | of it)", message);
        driver.Failing.Clear();
    }

    [Fact]
    public void SharedMemoryBeyondTheUsualIsAskedFor()
    {
        using CudaDevice device = Open();
        using var x = new DeviceBuffer<int>(device, 4);
        device.Launch(SimtKernel.Of(SimtKernels.TreeSumDynamic), 1, 32, 100_000, x.View, x.View);
        Assert.Equal(1, driver.Called("cuFuncSetAttribute"));
        Assert.Equal(100_000, driver.Launches[0].Shared);
        Assert.Contains("the device has 232448", Assert.Throws<ArgumentException>(() =>
            device.Launch(SimtKernel.Of(SimtKernels.TreeSumDynamic), 1, 32, 232_449, x.View, x.View)).Message);
    }
}
