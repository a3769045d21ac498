using System.Globalization;
using BareBert.Kernels;

namespace BareBert.Bench;

/// <summary>A pretraining run, and its perplexity by epoch.</summary>
internal static class PretrainingSection
{
    private static readonly string[] Metrics = ["train_loss", "mlm_loss", "mlm_perplexity", "mlm_accuracy", "nsp_accuracy", "unigram_perplexity"];

    public static void Write(MarkdownReport report, GpuOptions options)
    {
        report.Section("Pretraining");
        if (options.Data is null && !options.IsSmall)
        {
            report.Line("Left out: no --data DIR was given.");
            return;
        }
        using SmallCorpus? small = options.Data is null ? new SmallCorpus() : null;
        PretrainerOptions pretraining = (small?.Options ?? Options(options)) with { Device = options.Device };
        report.Line(string.Create(CultureInfo.InvariantCulture, $"`{string.Join(' ', pretraining.Data)}`, model {pretraining.Model}, vocabulary {pretraining.Vocabulary}, {pretraining.Epochs} epochs, ")
            + string.Create(CultureInfo.InvariantCulture, $"batch size {pretraining.BatchSize}, {pretraining.Precision.ToString().ToLowerInvariant()}, on {pretraining.Device}."));
        TrainingResult result = new Pretrainer(pretraining, new Notices()).Run();
        report.Line($"{result.Parameters:N0} parameters, {result.State.Step:N0} steps, {result.TokensPerSecond:N0} tokens/s, evaluations included.");
        report.Table(["epoch", "split", .. Metrics.Select(name => name.Replace('_', ' '))], result.State.History.Select(Row));
    }

    private static PretrainerOptions Options(GpuOptions options) => new()
    {
        Data = [options.Data!],
        Model = options.Model,
        Epochs = options.Epochs,
        Vocabulary = options.Vocabulary,
        Steps = options.IsSmall ? 2 : null,
        BatchSize = options.IsSmall ? 32 : 64,
        Precision = options.IsSmall ? Precision.Fp32 : Precision.Bf16,
        Out = options.Run,
    };

    private static string[] Row(EvaluationRecord evaluation) =>
    [
        evaluation.Epoch.ToString("0.##", CultureInfo.InvariantCulture), evaluation.Split,
        .. Metrics.Select(name => evaluation.Metrics.TryGetValue(name, out double value) ? value.ToString("0.####", CultureInfo.InvariantCulture) : "–"),
    ];

    private sealed class Notices : ITrainingObserver
    {
        public void OnNotice(string line) => Console.Error.WriteLine($"note: {line}");
    }
}

/// <summary>A corpus and a model of a size that an interpreter can train for two steps.</summary>
internal sealed class SmallCorpus : IDisposable
{
    private const string Config = """{"model_type": "bert", "vocab_size": 100, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32, "max_position_embeddings": 32}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("barebert-gpu-").FullName;

    public SmallCorpus()
    {
        File.WriteAllText(Path.Combine(_folder, "config.json"), Config);
        string data = Directory.CreateDirectory(Path.Combine(_folder, "data")).FullName;
        string[] animals = ["cat", "dog", "bird", "fish"], deeds = ["sees", "hears", "follows"];
        string[] documents = [.. from animal in animals from deed in deeds select $"The {animal} {deed} a {animals[animal.Length % 4]}. It is a {deed[0]} day. Then the {animal} sleeps."];
        foreach ((string split, int count) in new[] { ("train", 12), ("valid", 3), ("test", 3) })
            File.WriteAllText(Path.Combine(data, split + ".txt"), string.Join("\n\n", documents.Take(count).Select(document => document.Replace(". ", ".\n"))) + "\n");
    }

    public PretrainerOptions Options => new()
    {
        Data = [Path.Combine(_folder, "data")],
        Model = Path.Combine(_folder, "config.json"),
        Vocabulary = "100",
        Cache = "none",
        SequenceLength = 16,
        BatchSize = 4,
        Steps = 2,
        Out = Path.Combine(_folder, "run"),
    };

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
