using System.Globalization;
using System.Text.Json;
using BareBert.Cli;

namespace BareBert.Bench;

/// <summary>A pretraining run as a user starts it, and its perplexity by epoch.</summary>
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
        string[] arguments = small is null ? Arguments(options) : [.. small.Arguments, "--device", options.Device];
        string run = small?.Run ?? options.Run;
        report.Line($"`barebert {string.Join(' ', arguments)}`");
        if (Cli.CommandLine.Run([.. arguments, "--out", run]) != ExitCodes.Success)
            throw new RunException($"the pretraining run failed; see what it said above, and what it left in {run}");
        JsonElement summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "summary.json"))).RootElement;
        report.Line($"{summary.GetProperty("parameters").GetInt64():N0} parameters, {summary.GetProperty("steps").GetInt32():N0} steps, "
            + $"{summary.GetProperty("tokens_per_s").GetDouble():N0} tokens/s, evaluations included.");
        report.Table(["epoch", "split", .. Metrics.Select(name => name.Replace('_', ' '))], summary.GetProperty("evaluations").EnumerateArray().Select(Row));
    }

    private static string[] Arguments(GpuOptions options) =>
    [
        "pretrain", "--data", options.Data!, "--model", options.Model, "--epochs", options.Epochs.ToString(CultureInfo.InvariantCulture),
        .. options.Vocabulary is null ? (string[])[] : ["--vocab", options.Vocabulary],
        .. options.IsSmall ? (string[])["--steps", "2"] : ["--batch-size", "64", "--precision", "bf16"],
        "--device", options.Device, "--quiet",
    ];

    private static string[] Row(JsonElement evaluation) =>
    [
        evaluation.GetProperty("epoch").GetDouble().ToString("0.##", CultureInfo.InvariantCulture), evaluation.GetProperty("split").GetString()!,
        .. Metrics.Select(name => evaluation.TryGetProperty(name, out JsonElement value) ? value.GetDouble().ToString("0.####", CultureInfo.InvariantCulture) : "–"),
    ];
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

    public string Run => Path.Combine(_folder, "run");

    public string[] Arguments =>
    [
        "pretrain", "--data", Path.Combine(_folder, "data"), "--model", Path.Combine(_folder, "config.json"), "--vocab", "100", "--cache", "none", "--seq-len", "16",
        "--batch-size", "4", "--steps", "2", "--quiet",
    ];

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
