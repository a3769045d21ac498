using System.Globalization;
using System.Text;

namespace BareBert.Tests;

/// <summary>A folder of runs as training writes them, made for tests of who watches.</summary>
internal sealed class WatchedFolder : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();

    public string Root => _temporary.Path;

    public string Add(string id, double learningRate = 0.001, string? summary = null)
    {
        string folder = Directory.CreateDirectory(Path.Combine(Root, id)).FullName;
        File.WriteAllText(Path.Combine(folder, "run.json"), string.Create(CultureInfo.InvariantCulture,
            $$$"""{"verb": "pretrain", "options": {"model": "tiny", "lr": {{{learningRate}}}}, "architecture": "BertForPreTraining", "parameters": 4400000, "device": "cpu"}"""));
        if (summary is not null)
            File.WriteAllText(Path.Combine(folder, "summary.json"), summary);
        return folder;
    }

    /// <summary>Lines of training, and an evaluation at the end.</summary>
    public static void Train(string folder, int first, int last, int every = 1, Func<int, double>? loss = null)
    {
        var lines = new StringBuilder();
        for (int step = first; step <= last; step += every)
            lines.Append(CultureInfo.InvariantCulture, $"{{\"event\":\"train\",\"step\":{step},\"epoch\":{step / 100.0},\"loss\":{loss?.Invoke(step) ?? 1.0 + 1.0 / step},\"lr\":0.001,\"grad_norm\":1.5,\"tokens_per_s\":1000}}\n");
        lines.Append(CultureInfo.InvariantCulture, $"{{\"event\":\"eval\",\"step\":{last},\"epoch\":{last / 100.0},\"split\":\"valid\",\"loss\":1.25,\"perplexity\":3.5,\"accuracy\":null}}\n");
        File.AppendAllText(Path.Combine(folder, "metrics.jsonl"), lines.ToString());
    }

    public void Dispose() => _temporary.Dispose();
}
