using System.Text;
using System.Text.Json;

namespace BareBert.Bert.Training;

/// <summary>metrics.jsonl: one JSON object a line, appended and flushed as things happen.</summary>
public sealed class MetricsLog : IDisposable
{
    /// <summary>The "event" of a training line.</summary>
    public const string Training = "train";

    /// <summary>The "event" of an evaluation.</summary>
    public const string Evaluation = "eval";

    private readonly FileStream _file;
    private readonly string _path;

    /// <summary>Opens the log.</summary>
    /// <param name="path">The file.</param>
    /// <param name="keepUpToStep">
    /// Lines of later steps are dropped: a run that died after its last checkpoint does those steps again. −1: start anew.
    /// </param>
    /// <param name="keepEvaluationsUpToStep">As much for lines of evaluations, which may have come after the checkpoint of the same step.</param>
    /// <exception cref="RunException">The file cannot be written.</exception>
    public MetricsLog(string path, int keepUpToStep, int keepEvaluationsUpToStep)
    {
        _path = path;
        try
        {
            string kept = keepUpToStep >= 0 && File.Exists(path) ? Kept(path, keepUpToStep, keepEvaluationsUpToStep) : "";
            AtomicFile.WriteText(path, kept);
            _file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0); // what a full disk refuses is not kept, to be refused again at the end
        }
        catch (Exception e) when (Disk.IsRefusal(e))
        {
            throw Disk.CannotWrite(path, e);
        }
    }

    /// <summary>Appends one object.</summary>
    /// <param name="name">Its "event".</param>
    /// <param name="step">Steps taken.</param>
    /// <param name="epoch">Epochs done, with a fraction.</param>
    /// <param name="split">"valid" or "test" of an evaluation; null for training.</param>
    /// <param name="metrics">The numbers; one that is not finite is written as null.</param>
    /// <param name="stage">The stage that the step belongs to; null where the run has none.</param>
    public void Write(string name, int step, double epoch, string? split, IReadOnlyList<Metric> metrics, string? stage = null)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("event", name);
            json.WriteNumber("step", step);
            json.WriteNumber("epoch", Math.Round(epoch, 4));
            if (split is not null)
                json.WriteString("split", split);
            if (stage is not null)
                json.WriteString("stage", stage);
            foreach (Metric metric in metrics)
            {
                if (double.IsFinite(metric.Value))
                    json.WriteNumber(metric.Name, metric.Value);
                else
                    json.WriteNull(metric.Name);
            }
            json.WriteEndObject();
        }
        buffer.WriteByte((byte)'\n');
        Disk.Write(_path, () =>
        {
            buffer.WriteTo(_file);
            _file.Flush();
        });
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static string Kept(string path, int upToStep, int evaluationsUpToStep)
    {
        var kept = new StringBuilder();
        foreach (string line in File.ReadLines(path))
        {
            if (Read(line) is (string name, int step) && step <= (name == Evaluation ? evaluationsUpToStep : upToStep))
                kept.Append(line).Append('\n');
        }
        return kept.ToString();
    }

    // A line that a crash cut short is dropped.
    private static (string Event, int Step)? Read(string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            return document.RootElement.TryGetProperty("step", out JsonElement step) && step.TryGetInt32(out int number)
                && document.RootElement.TryGetProperty("event", out JsonElement name) ? (name.ToString(), number) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
