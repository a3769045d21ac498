using BareBert.Bert.Distributed;
using BareBert.Bert.Training.GradientSums;
using Xunit;

namespace BareBert.Tests;

/// <summary>Any number of processes writes the same checkpoints, byte for byte.</summary>
public sealed class EqualBytesTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    /// <summary>With dropout, clipping, accumulation, masked words' own count, evaluations, and epochs whose last step is short.</summary>
    [Theory]
    [InlineData(8, 1, 8)]
    [InlineData(8, 2, 4)]
    [InlineData(12, 1, 12)]
    [InlineData(6, 3, 3)]
    public void Pretraining(int batchSize, int accumulate, int cut)
    {
        Assert.True(TinyRun.Config.HiddenDropout > 0);
        string[] expected = Pretrain("one", 1);
        foreach (int processes in new[] { 2, 3, 4, 8 })
            Assert.Equal(expected, Pretrain($"of{processes}", processes));

        string[] Pretrain(string name, int processes) => Hashes(Train(name, processes, batchSize, accumulate, cut, TinyRun.Options with { Steps = 8, EvaluateFirst = true, EvalEvery = 3 }));
    }

    /// <summary>What clips at every step is clipped alike.</summary>
    [Fact]
    public void Clipping_is_of_the_whole_gradient()
    {
        TrainerOptions clipped = TinyRun.Options with { Optimizer = new Bert.Training.OptimizerOptions(ClipNorm: 1e-3) };
        string[] one = Hashes(Train("one", 1, 8, 1, 8, clipped));
        Assert.Equal(one, Hashes(Train("three", 3, 8, 1, 8, clipped)));
        Assert.NotEqual(one, Hashes(Train("unclipped", 3, 8, 1, 8, TinyRun.Options)));
    }

    [Fact]
    public void A_run_goes_on_with_another_number_of_processes()
    {
        string[] expected = Hashes(Train("whole", 1, 8, 1, 8, TinyRun.Options with { Steps = 9 }));
        TrainerOptions three = TinyRun.Options with { Steps = 9 };
        Train("parts", 2, 8, 1, 8, three, until: 3);
        Train("parts", 3, 8, 1, 8, three, until: 5, resume: true);
        Assert.Equal(expected, Hashes(Train("parts", 8, 8, 1, 8, three, resume: true)));
    }

    /// <summary>In one process without a tree everything is as it was: the sum runs.</summary>
    [Fact]
    public void A_tree_is_another_order_of_the_same_sum()
    {
        (byte[] weights, _) = TinyRun.SavedIn(Path.Combine(Train("tree", 1, 8, 1, 8, TinyRun.Options with { Steps = 1 }), "checkpoint"));
        (byte[] running, _) = TinyRun.SavedIn(Path.Combine(Train("running", 1, 8, 1, 8, TinyRun.Options with { Steps = 1 }, asTree: false), "checkpoint"));
        Assert.Equal(weights.Length, running.Length);
        Assert.NotEqual(weights, running);
    }

    /// <summary>Moments that are shared leave what whole ones leave, and a run goes on with the other kind.</summary>
    [Fact]
    public void Shared_moments_change_nothing()
    {
        TrainerOptions options = TinyRun.Options with { Steps = 6, Optimizer = new Bert.Training.OptimizerOptions(ClipNorm: 0.5) }, sharded = options with { Shard = Sharding.Optimizer };
        string[] expected = Hashes(Train("whole", 1, 8, 1, 8, options));
        foreach (int processes in new[] { 2, 3, 8 })
            Assert.Equal(expected, Hashes(Train($"shared{processes}", processes, 8, 1, 8, sharded)));
        Train("parts", 4, 8, 1, 8, sharded, until: 2);
        Train("parts", 3, 8, 1, 8, sharded, until: 4, resume: true);
        Assert.Equal(expected, Hashes(Train("parts", 2, 8, 1, 8, options, resume: true)));
    }

    [Fact]
    public void Moments_take_each_process_its_part()
    {
        foreach (int processes in new[] { 2, 4 })
        {
            long[] bytes = ThreadGroup.Run(processes, group =>
            {
                using var kernels = new Kernels.CpuKernels(1);
                using var parameters = new Autograd.ParameterSet(kernels, [new Autograd.ParameterSlot("w", new Shape(3 << 20))]);
                using var shards = new OptimizerShards(kernels, parameters, group);
                return shards.MomentBytes;
            });
            Assert.All(bytes, own => Assert.Equal(2L * (3 << 20) * sizeof(float) / processes, own));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_sent_is_what_the_formula_says(bool isSharded)
    {
        const int Count = (1 << 20) + 48;
        foreach (int processes in new[] { 2, 3, 4, 8 })
        {
            BucketLayout layout = isSharded ? BucketLayout.Sharded(processes) : BucketLayout.Usual(processes);
            long[] sent = ThreadGroup.Run(processes, group =>
            {
                using var kernels = new Kernels.CpuKernels(1);
                using var arena = new Arena(kernels.Memory);
                Tensor flat = arena.Zeros(new Shape(Count));
                using var exchange = new BucketExchange(group, layout);
                var tree = new SumTree(8);
                (int first, int end) = Share.Of(group).Of(8);
                Tensor[] nodes = [.. tree.NodesOf(first, end)[1..].Select(_ => arena.Zeros(flat.Shape)), flat];
                foreach (FlatRange bucket in layout.Of(Count))
                    exchange.Sum(tree, bucket, flat, nodes, gathers: !isSharded);
                if (isSharded)
                    exchange.Gather(flat); // of the weights
                return group.BytesSent;
            });
            Assert.Equal([.. Enumerable.Range(0, processes).Select(rank => layout.BytesSent([Count], sizeof(float), 8, rank))], sent);
            if (8 % processes == 0) // each share is one node: as much as a ring's
                Assert.Equal(2L * (processes - 1) * Count * sizeof(float), sent.Sum());
        }
    }

    /// <summary>And a trainer's steps send nothing else that grows with the model.</summary>
    [Theory]
    [InlineData(2, Sharding.None)]
    [InlineData(3, Sharding.None)]
    [InlineData(4, Sharding.Optimizer)]
    public void A_step_sends_what_the_formula_says(int processes, Sharding shard)
    {
        RunDirectory directory = RunDirectory.Open(_scratch["counted"], RunOpening.New);
        ThreadGroup.Run(processes, group =>
        {
            using var run = new TinyRun(directory, 8, 1, threads: 1, cut: 8, group);
            run.Train(TinyRun.Options with { Steps = 2, Group = group, SumsAsTree = true, Shard = shard }); // the epoch's first: of whole batches
            BucketLayout layout = shard == Sharding.None ? BucketLayout.Usual(processes) : BucketLayout.Sharded(processes);
            long losses = BucketLayout.Usual(processes).BytesSent([run.Task.Losses.Count], sizeof(float), 8, group.Rank);
            Assert.Equal(layout.BytesSent([run.Model.Parameters.Grads.Count], sizeof(float), 8, group.Rank) + losses, run.Costs!.BytesPerStep);
            return 0;
        });
    }

    private string Train(string name, int processes, int batchSize, int accumulate, int cut, TrainerOptions options, int? until = null, bool resume = false, bool asTree = true)
    {
        string directory = _scratch[name];
        RunDirectory opened = RunDirectory.Open(directory, resume ? RunOpening.Resume : RunOpening.New);
        ThreadGroup.Run(processes, group =>
        {
            using var run = new TinyRun(opened, batchSize, accumulate, threads: 1, cut, group);
            TrainerOptions own = options with { Group = group, SumsAsTree = asTree };
            return until is int step && group.Rank == processes - 1 ? run.TrainUntil(step, own) : run.Train(own);
        });
        return directory;
    }

    // Of all that a run leaves but times.
    private static string[] Hashes(string directory)
    {
        var files = new List<string>();
        foreach (string folder in new[] { "checkpoint", "best" }.Select(f => Path.Combine(directory, f)).Where(Directory.Exists))
            files.AddRange(Directory.EnumerateFiles(folder).Where(f => Path.GetExtension(f) == ".safetensors").Order());
        Assert.Equal(3, files.Count + (Directory.Exists(Path.Combine(directory, "best")) ? 0 : 1));
        string[] metrics = [.. File.ReadLines(Path.Combine(directory, "metrics.jsonl")).Select(WithoutTimes)];
        return [.. files.Select(f => $"{Path.GetFileName(f)} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f)))}"), .. metrics];
    }

    private static string WithoutTimes(string line)
    {
        var json = (System.Text.Json.Nodes.JsonObject)System.Text.Json.Nodes.JsonNode.Parse(line)!;
        foreach (string name in new[] { "seconds", "tokens_per_s", "tokens_per_second" })
            json.Remove(name);
        return json.ToJsonString();
    }
}
