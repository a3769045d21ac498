using BareBert.Autograd;
using BareBert.Bert.Distributed;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>Processes write one checkpoint together: the bytes of one process, or nothing.</summary>
public sealed class SharedCheckpointTests : IDisposable
{
    private static readonly ParameterSlot[] Slots =
        [new("b", new Shape(3, 70_001)), new("a", new Shape(5), Group: 1), new("frozen", new Shape(7), IsTrained: false), new("c", new Shape(300_000))];

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData(Sharding.None)]
    [InlineData(Sharding.Optimizer)]
    public void Parts_make_the_file_of_one_process(Sharding shard)
    {
        byte[] expected = WrittenByOne();
        for (int processes = 1; processes <= 4; processes++)
        {
            for (int blind = 0; blind < processes; blind++) // 0: all see the folder
                Assert.True(expected.AsSpan().SequenceEqual(WrittenTogether(processes, shard, blind)), $"{processes} processes, {blind} blind");
        }
    }

    [Theory]
    [InlineData(Sharding.None)]
    [InlineData(Sharding.Optimizer)]
    public void Who_does_not_see_the_folder_leaves_its_part_to_process_0(Sharding shard)
    {
        TrainerOptions options = TinyRun.Options with { Shard = shard };
        Train("one", 1, options);
        Train("four", 4, options, blind: [1, 3]);
        TinyRun.AssertSameCheckpoint(_scratch["one"], _scratch["four"]);
        Assert.False(Directory.Exists(_scratch["elsewhere"]));
    }

    [Theory]
    [InlineData(Sharding.None)]
    [InlineData(Sharding.Optimizer)]
    public void A_full_disk_in_one_process_is_said_by_all_and_loses_nothing(Sharding shard)
    {
        Assert.SkipWhen(!File.Exists("/dev/full"), "no /dev/full");
        string seen = _scratch["full"], own = _scratch["elsewhere"];
        RunDirectory opened = RunDirectory.Open(seen, RunOpening.New);
        TrainerOptions options = TinyRun.Options with { Shard = shard, SaveEvery = 2 };
        string[] said = ThreadGroup.Run(2, group =>
        {
            IProcessGroup member = group.Rank == 1 ? new FullDisk(group, seen, own) : group;
            using var run = new TinyRun(group.Rank == 1 ? RunDirectory.Join(own, isResumed: false) : opened, 8, 1, threads: 1, cut: 8, member);
            return Refusals.OfRun(() => run.Train(options with { Group = member, SumsAsTree = true }), "the disk is full; free some space", "is saved: go on from there");
        });
        Assert.All(said, message => Assert.StartsWith("process 1: cannot write: ", message));
        Assert.Equal(["checkpoint", "metrics.jsonl", "run.json"], Directory.EnumerateFileSystemEntries(seen).Select(Path.GetFileName).Order());
        Train("full", 1, options, resume: true);
        Train("straight", 1, options);
        TinyRun.AssertSameCheckpoint(_scratch["straight"], seen);
    }

    private void Train(string name, int processes, TrainerOptions options, int[]? blind = null, bool resume = false)
    {
        RunDirectory opened = RunDirectory.Open(_scratch[name], resume ? RunOpening.Resume : RunOpening.New);
        ThreadGroup.Run(processes, group =>
        {
            using var run = new TinyRun(blind?.Contains(group.Rank) == true ? RunDirectory.Join(_scratch["elsewhere"], resume) : opened, 8, 1, threads: 1, cut: 8, group);
            return run.Train(options with { Group = group, SumsAsTree = true });
        });
    }

    private static byte[] WrittenByOne()
    {
        var writer = new SafetensorsWriter();
        foreach (ParameterSlot slot in Slots.Where(slot => slot.IsTrained))
        {
            for (int moment = 1; moment <= 2; moment++)
            {
                float[] numbers = Numbers(slot.Name, slot.Shape, moment);
                writer.Add((moment == 1 ? MomentsFile.First : MomentsFile.Second) + slot.Name, [.. Enumerable.Range(0, slot.Shape.Rank).Select(i => (long)slot.Shape[i])], () => numbers);
            }
        }
        using var stream = new MemoryStream();
        writer.WriteTo(stream);
        return stream.ToArray();
    }

    private byte[] WrittenTogether(int processes, Sharding shard, int blind)
    {
        string folder = Directory.CreateDirectory(_scratch[$"{shard}{processes}{blind}"]).FullName;
        ThreadGroup.Run(processes, group =>
        {
            using var kernels = new CpuKernels(1);
            using var parameters = new ParameterSet(kernels, Slots);
            using var optimizer = new Optimizer(kernels, parameters, new OptimizerOptions(), _ => default,
                shard == Sharding.Optimizer && processes > 1 ? new OptimizerShards(kernels, parameters, group) : null);
            foreach (Parameter parameter in parameters.All.Where(parameter => parameter.RequiresGrad))
                optimizer.LoadMoments(parameter, Numbers(parameter.Name, parameter.Shape, 1), Numbers(parameter.Name, parameter.Shape, 2));
            using var file = new MomentsFile(group.Rank == blind && blind > 0 ? _scratch["elsewhere"] : folder, parameters, optimizer, group);
            foreach (Action write in (Action[])[file.WriteOwn, file.WriteOthers])
            {
                group.All(() =>
                {
                    write();
                    return true;
                });
            }
            return true;
        });
        Assert.Equal([CheckpointNames.Optimizer], Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName));
        return File.ReadAllBytes(Path.Combine(folder, CheckpointNames.Optimizer));
    }

    // Different everywhere.
    private static float[] Numbers(string name, Shape shape, int moment) => [.. Enumerable.Range(0, (int)shape.Count).Select(i => BitConverter.UInt32BitsToSingle((uint)(i * 64 + name[0] * 2 + moment)))];

    /// <summary>A process on whose disk there is no more room once there is a checkpoint: what all are to write together is a device that is always full.</summary>
    private sealed class FullDisk(IProcessGroup inner, string seen, string own) : IProcessGroup
    {
        public int Rank => inner.Rank;

        public int Size => inner.Size;

        public string Name => inner.Name;

        public long BytesSent => inner.BytesSent;

        public void Exchange(ReadOnlySpan<Transfer> sends, ReadOnlySpan<Transfer> receives)
        {
            inner.Exchange(sends, receives);
            if (!Directory.Exists(Path.Combine(seen, "checkpoint")))
                return;
            try
            {
                string partial = Directory.CreateDirectory(Path.Combine(own, "checkpoint.partial")).FullName;
                foreach (string file in Directory.EnumerateFiles(Path.Combine(seen, "checkpoint.partial"), CheckpointNames.Optimizer + ".*"))
                    File.CreateSymbolicLink(Path.Combine(partial, Path.GetFileName(file)), "/dev/full");
            }
            catch (IOException)
            {
                // nothing is written just now, or the link is there
            }
        }

        public void Abort(int exitCode) => inner.Abort(exitCode);

        public void Dispose() => inner.Dispose();
    }
}
