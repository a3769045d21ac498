using System.Text.Json.Nodes;
using BareBert.Bert.Distributed;
using BareBert.Bert.Tasks;
using Xunit;

namespace BareBert.Tests;

/// <summary>Whole fine-tuning runs, every task's, from options to summary: several processes leave what one leaves, and measure the same.</summary>
[Collection(nameof(CliCollection))]
public sealed class FineTuningInProcessesTests(TrainedRun run) : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("classification", FineTuningMethod.Full)]
    [InlineData("classification", FineTuningMethod.Frozen)]
    [InlineData("classification", FineTuningMethod.Lora)]
    [InlineData("tokens", FineTuningMethod.Full)]
    [InlineData("qa", FineTuningMethod.Adapter)]
    [InlineData("embedding", FineTuningMethod.Full)]
    public void Every_task(string task, FineTuningMethod method)
    {
        Desk.LayOut(_scratch.Root, run);
        (TaskOptions own, string data) = task switch
        {
            "classification" => ((TaskOptions)new ClassificationOptions(), "reviews.csv"),
            "tokens" => (new TokenClassificationOptions(), "conll2003"),
            "qa" => (new QuestionAnsweringOptions(), "train-v1.1.json"),
            _ => (new SentenceEmbeddingOptions(), "pairs.csv"),
        };
        bool isCut = task != "embedding"; // whose batches are told from each other as they are
        var options = new FineTunerOptions
        {
            Task = own, Method = method, Data = _scratch[data], Model = run.Run, Steps = 4, BatchSize = isCut ? 4 : 3, GradAccum = isCut ? 1 : 4, MicroBatches = isCut ? 4 : 1,
            LearningRate = 1e-3, Device = "cpu", Threads = 1, EvalEvery = 2,
        };
        string[] expected = Train(options, 1);
        Assert.Equal(expected, Train(options, 3));
        Assert.Equal(expected, Train(options with { Shard = Sharding.Optimizer }, 2));
    }

    [Fact]
    public void What_one_process_lacks_all_are_told_of()
    {
        Desk.LayOut(_scratch.Root, run);
        var options = new FineTunerOptions { Task = new ClassificationOptions(), Data = _scratch["reviews.csv"], Model = run.Run, Steps = 1, Device = "cpu", Threads = 1, Out = _scratch["lacking"], BatchSize = 4 };
        string[] said = ThreadGroup.Run(3, group => Refusals.Of(() =>
            new FineTuner(options with { Group = group, Data = group.Rank == 1 ? _scratch["nowhere.csv"] : options.Data }).Run()));
        Assert.All(said, message => Assert.StartsWith("process 1: ", message));
        Assert.All(said, message => Assert.Contains("nowhere.csv", message));
    }

    [Fact]
    public void Who_has_other_data_is_named()
    {
        Desk.LayOut(_scratch.Root, run);
        File.WriteAllText(_scratch["other.csv"], File.ReadAllText(_scratch["reviews.csv"]).Replace("cat", "dog"));
        var options = new FineTunerOptions { Task = new ClassificationOptions(), Data = _scratch["reviews.csv"], Model = run.Run, Steps = 1, Device = "cpu", Threads = 1, Out = _scratch["other"], BatchSize = 4 };
        string[] said = ThreadGroup.Run(2, group => Refusals.Of(() =>
            new FineTuner(options with { Group = group, Data = group.Rank == 1 ? _scratch["other.csv"] : options.Data }).Run()));
        Assert.All(said, message => Assert.Matches("^process 1 on .* has data other than process 0", message));
        string[] seeds = ThreadGroup.Run(2, group => Refusals.Of(() =>
            new FineTuner(options with { Group = group, Out = _scratch["seeds"], Seed = (ulong)(5 + group.Rank) }).Run()));
        Assert.All(seeds, message => Assert.Contains("has options other than process 0", message));
    }

    // Hashes of what the run leaves, and its figures.
    private string[] Train(FineTunerOptions options, int processes)
    {
        string directory = _scratch[$"run-{processes}-{options.Shard}"];
        ThreadGroup.Run(processes, group => new FineTuner(options with { Group = group, Out = directory }).Run().End);
        var summary = (JsonObject)JsonNode.Parse(File.ReadAllText(Path.Combine(directory, "summary.json")))!;
        return
        [
            .. Directory.EnumerateFiles(Path.Combine(directory, "checkpoint"), "*.safetensors").Order().Select(f => $"{Path.GetFileName(f)} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f)))}"),
            summary["figures"]!.ToJsonString(), summary["evaluations"]!.ToJsonString(),
        ];
    }
}
