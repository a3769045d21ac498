using BareBert.Simt;
using ILGPU;
using Xunit;

namespace BareBert.Tests;

/// <summary>Each kind of mistake the interpreter reports, provoked.</summary>
public sealed class FaultTests
{
    private static SimtFaultException Provoke(Action<ArrayView<float>, int> kernel, int n, int threads = 128)
    {
        using var device = new EmulatedDevice(new EmulatorOptions { MaxInstructions = 100_000 });
        using var x = new DeviceBuffer<float>(device, 128);
        x.Clear();
        SimtKernel compiled = SimtKernel.Of(kernel);
        SimtFaultException fault = Assert.Throws<SimtFaultException>(() => device.Launch(compiled, 1, threads, 0, x.View, n));
        Assert.Equal(compiled.Name, fault.Kernel);
        string instruction = compiled.Ptx.Split('\n')[fault.Line - 1];
        Assert.Contains(instruction.Trim().Split('\t')[0].TrimEnd(';'), fault.Message);
        Assert.InRange(fault.Lane, 0, 31);
        Assert.Contains($"lane {fault.Lane}: {fault.Reason}", fault.Message);
        return fault;
    }

    [Fact]
    public void OutOfRangeGlobalWrite()
    {
        SimtFaultException fault = Provoke(FaultyKernels.OutOfRange, 100);
        Assert.Contains("0 bytes past the end of a buffer of 512 bytes", fault.Message);
        Assert.Equal(28, fault.Lane);
    }

    [Fact]
    public void UseAfterFree()
    {
        using var device = new EmulatedDevice();
        SimtKernel kernel = SimtKernel.Of(FaultyKernels.OutOfRange);
        var x = new DeviceBuffer<float>(device, 128);
        ArrayView<float> view = x.View;
        device.Launch(kernel, 1, 128, 0, view, 0);
        x.Dispose();
        Assert.Contains("out of range", Assert.Throws<SimtFaultException>(() => device.Launch(kernel, 1, 128, 0, view, 0)).Message);
        Assert.Throws<ObjectDisposedException>(() => x.View);
    }

    [Fact]
    public void OutOfRangeGlobalRead() => Assert.Contains("out of range", Provoke(FaultyKernels.ReadBefore, 1).Message);

    [Fact]
    public void MisalignedVector() => Assert.Contains("misaligned", Provoke(FaultyKernels.Misaligned, 1, threads: 8).Message);

    [Fact]
    public void OutOfRangeShared()
    {
        SimtFaultException fault = Provoke(FaultyKernels.SharedOutOfRange, 1, threads: 32);
        Assert.Contains("lies outside the group's shared arrays", fault.Message);
        Assert.Equal(31, fault.Lane);
    }

    [Fact]
    public void UninitialisedShared()
    {
        SimtFaultException fault = Provoke(FaultyKernels.UninitialisedShared, 1, threads: 32);
        Assert.Contains("shared memory that was never written", fault.Message);
        Assert.Equal(31, fault.Lane);
    }

    [Fact]
    public void UninitialisedLocal() => Assert.Contains("local memory that was never written", Provoke(FaultyKernels.UninitialisedLocal, 5).Message);

    [Fact]
    public void OutOfRangeLocal() => Assert.Contains("outside the thread's 32 bytes", Provoke(FaultyKernels.LocalOutOfRange, 8).Message);

    [Theory]
    [InlineData(16)]
    [InlineData(33)]
    public void DivergentBarrier(int n) => Assert.Contains("divergent barrier", Provoke(FaultyKernels.DivergentBarrier, n).Message);

    [Fact]
    public void RaceReadAfterWrite() => Assert.Contains("is read that thread", Provoke(FaultyKernels.RaceReadAfterWrite, 96).Message);

    [Fact]
    public void RaceWriteAfterRead() => Assert.Contains("is written that", Provoke(FaultyKernels.RaceWriteAfterRead, 32).Message);

    [Fact]
    public void RaceWriteWrite() => Assert.Contains("is written that thread", Provoke(FaultyKernels.RaceWriteWrite, 2).Message);

    [Fact]
    public void RaceWithinAWarp() => Assert.Contains("is read that thread 1 has written", Provoke(FaultyKernels.RaceWithinWarp, 3).Message);

    [Fact]
    public void ReadBeforeWait() => Assert.Contains("cp.async is still writing", Provoke(FaultyKernels.ReadBeforeWait, 1).Message);

    [Fact]
    public void WaitWithoutBarrier() => Assert.Contains("a race", Provoke(FaultyKernels.WaitWithoutBarrier, 1).Message);

    [Fact]
    public void ShuffleInBranch()
    {
        SimtFaultException fault = Provoke(FaultyKernels.ShuffleInBranch, 20);
        Assert.Contains("lane 20 is not here", fault.Message);
    }

    [Fact]
    public void WarpBarrierInBranch() => Assert.Contains("a warp barrier", Provoke(FaultyKernels.WarpBarrierInBranch, 20).Message);

    [Fact]
    public void Hang() => Assert.Contains("hangs", Provoke(FaultyKernels.Hangs, 1).Message);

    [Fact]
    public void WhatIsInOrderIsNotReported()
    {
        using var device = new EmulatedDevice();
        using var x = new DeviceBuffer<float>(device, 128);
        x.Clear();
        device.Launch(SimtKernel.Of(FaultyKernels.OrderedWithinWarp), 1, 128, 0, x.View, 5);
        device.Launch(SimtKernel.Of(FaultyKernels.SameValueFromAll), 2, 128, 0, x.View, 6);
        Assert.All(x.Download(), value => Assert.Equal(6f, value));
    }

    [Fact]
    public void RacesCanBeLeftUnchecked()
    {
        using var device = new EmulatedDevice(new EmulatorOptions { CheckRaces = false });
        using var x = new DeviceBuffer<float>(device, 128);
        device.Launch(SimtKernel.Of(FaultyKernels.RaceWithinWarp), 1, 128, 0, x.View, 3);
        Assert.All(x.Download(), value => Assert.Equal(3f, value));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(32, 31)]
    [InlineData(33, 0)]
    public void BankConflictsAreCounted(int stride, int extraRounds)
    {
        using var device = new EmulatedDevice(new EmulatorOptions { CountBankConflicts = true });
        using var x = new DeviceBuffer<float>(device, 128);
        device.Launch(SimtKernel.Of(FaultyKernels.BankConflicts), 1, 128, 0, x.View, stride);
        Assert.Equal(extraRounds, device.Statistics.BankConflicts.Values.Sum());
    }

    [Fact]
    public void LaunchesThatCannotBeAreRefused()
    {
        using var device = new EmulatedDevice();
        using var x = new DeviceBuffer<float>(device, 128);
        SimtKernel kernel = SimtKernel.Of(FaultyKernels.OutOfRange);
        Assert.Contains("takes 2 arguments", Assert.Throws<ArgumentException>(() => device.Launch(kernel, 1, 1, 0, x.View)).Message);
        Assert.Contains("argument 1 (n) is a Int64", Assert.Throws<ArgumentException>(() => device.Launch(kernel, 1, 1, 0, x.View, 1L)).Message);
        Assert.Contains("1 to 1024", Assert.Throws<ArgumentException>(() => device.Launch(kernel, 1, 2048, 0, x.View, 1)).Message);
        Assert.Contains("shared memory", Assert.Throws<ArgumentException>(() => device.Launch(kernel, 1, 1, 1 << 20, x.View, 1)).Message);
        Assert.Contains("grid", Assert.Throws<ArgumentException>(() => device.Launch(kernel, (1, 70000), 1, 0, x.View, 1)).Message);
    }
}
