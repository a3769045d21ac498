using BareBert.Bert.Distributed;
using BareBert.Bert.Distributed.Nccl;
using BareBert.Kernels;
using BareBert.Simt;
using Xunit;

namespace BareBert.Tests;

/// <summary>Training whose gradients NCCL adds up: a played one, between interpreted GPUs.</summary>
[Collection(nameof(FakeDriver))]
public sealed class NcclTrainingTests : IDisposable
{
    private const int Steps = 2;

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Processes_with_a_gpu_each_learn_what_one_learns()
    {
        (byte[] Weights, byte[] Moments) one = Train("one", 1);
        PlayedNccl.Journal();
        (byte[] Weights, byte[] Moments) two = Train("two", 2);
        Assert.Equal(one.Weights, two.Weights); // two micro-batches: a tree of two leaves has one order
        Assert.Equal(one.Moments, two.Moments);
        string[] journal = PlayedNccl.Journal();
        string[] sums = [.. journal.Where(line => line.StartsWith("sum rank=1", StringComparison.Ordinal))];
        Assert.Equal(2 * Steps, sums.Length); // gradients, and losses
        Assert.Equal(2, sums.Distinct().Count());
        Assert.Equal(2, journal.Count(line => line.StartsWith("destroy", StringComparison.Ordinal)));
    }

    [Fact]
    public void Some_with_a_gpu_and_some_without_do_not_train()
    {
        var version = new Version(2, 21, 5);
        string Refused(Func<int, bool> hasGpu, Func<int, Version?> versionOf) => ThreadGroup.Run(3, group =>
            Assert.Throws<InputException>(() => NcclGroup.AllCan(group, hasGpu(group.Rank), versionOf(group.Rank), "", _ => { })).Message).Distinct().Single();
        string host = Environment.MachineName;
        Assert.Contains($"process 0 on {host} computes on a GPU and process 2 on {host} on the processor", Refused(rank => rank < 2, _ => version));
        Assert.Contains($"process 1 on {host} computes on a GPU and process 0 on {host} on the processor", Refused(rank => rank == 1, _ => version));
        Assert.Contains($"process 1 on {host} has NCCL 2.9.1, process 0 on {host} has 2.21.5", Refused(_ => true, rank => rank == 1 ? new Version(2, 9, 1) : version));
        string[] notices = ThreadGroup.Run(3, group =>
        {
            string said = "";
            Assert.False(NcclGroup.AllCan(group, true, group.Rank == 1 ? null : version, group.Rank == 1 ? "no NCCL: why" : "", text => said = text));
            return said;
        });
        Assert.All(notices, notice => Assert.Contains($"process 1 on {host} has no NCCL: why", notice));
        Assert.All(ThreadGroup.Run(2, group => NcclGroup.AllCan(group, true, version, "", text => throw new InvalidOperationException(text))), Assert.True);
        Assert.All(ThreadGroup.Run(2, group => NcclGroup.AllCan(group, false, null, "", text => throw new InvalidOperationException(text))), Assert.False);
    }

    [Fact]
    public void Each_process_of_a_machine_has_its_own_gpu()
    {
        var third = new HostLayout(2, 4);
        Assert.Equal("cuda:2", third.DeviceOf("cuda", 8, null));
        Assert.Equal("cuda:5", third.DeviceOf("cuda", 8, "5")); // LOCAL_RANK
        Assert.Equal("cuda", third.DeviceOf("cuda", 1, "2")); // it sees its own alone
        Assert.Equal("cuda:1", third.DeviceOf("cuda:1", 8, null));
        Assert.Equal("cpu", third.DeviceOf("cpu", 8, null));
        Assert.Equal("cuda", new HostLayout(0, 1).DeviceOf("cuda", 8, null));
        Assert.Contains("has 2 GPUs and more processes", Assert.Throws<InputException>(() => third.DeviceOf("cuda", 2, null)).Message);
    }

    private (byte[] Weights, byte[] Moments) Train(string name, int processes)
    {
        NcclLibrary library = PlayedNccl.Library;
        RunDirectory directory = RunDirectory.Open(_scratch[name], RunOpening.New);
        ThreadGroup.Run(processes, group =>
        {
            var kernels = new GpuKernels(new EmulatedDevice(new EmulatorOptions { Threads = 1 }), "emulated");
            using NcclGroup? gpus = processes > 1 ? new NcclGroup(group, library, kernels.Device) : null;
            IProcessGroup own = gpus ?? group;
            using var run = new TinyRun(directory, kernels, batchSize: 4, accumulate: 1, cut: 2, own);
            return run.TrainUntil(Steps, TinyRun.Options with { Steps = Steps + 1, Group = own, SumsAsTree = true }); // nothing is evaluated then
        });
        return TinyRun.SavedIn(Path.Combine(_scratch[name], "checkpoint"));
    }
}
