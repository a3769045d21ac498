using System.Text.Json;
using BareBert.Bert.Training;

namespace BareBert.Watch;

/// <summary>An evaluation's figures.</summary>
/// <param name="Step">Steps taken.</param>
/// <param name="Epoch">Epochs done.</param>
/// <param name="Split">"valid" or "test".</param>
/// <param name="Metrics">By name; null where one was not finite.</param>
public sealed record EvaluationLine(double Step, double Epoch, string Split, IReadOnlyList<KeyValuePair<string, double?>> Metrics);

/// <summary>
/// Reads metrics.jsonl while it is written: each time what has come since, whole lines alone. A run that is resumed writes the file
/// anew without its last lines; then all is read again. Lines that are no metrics are counted and left out.
/// </summary>
/// <param name="path">The file; it need not be there yet.</param>
public sealed class MetricsTail(string path)
{
    private const int Remembered = 64, Chunk = 1 << 20, LongestLine = 1 << 20, MostSeries = 500, MostEvaluations = 2000;

    private readonly Dictionary<string, Series> _series = new(StringComparer.Ordinal);
    private readonly List<EvaluationLine> _evaluations = [];
    private readonly byte[] _buffer = new byte[Chunk];
    private byte[] _before = []; // what stood just before the place where reading goes on: to notice a file that was replaced
    private byte[] _rest = [];   // a line that is not whole yet
    private long _position;

    /// <summary>Curves by "split/metric", as "train/loss".</summary>
    public IReadOnlyDictionary<string, Series> Series => _series;

    /// <summary>Evaluations, the last ones.</summary>
    public IReadOnlyList<EvaluationLine> Evaluations => _evaluations;

    /// <summary>The last step that was written of.</summary>
    public double Step { get; private set; }

    /// <summary>The epoch of <see cref="Step"/>.</summary>
    public double Epoch { get; private set; }

    /// <summary>Lines that could not be understood.</summary>
    public long BadLines { get; private set; }

    /// <summary>Reads what has come.</summary>
    /// <returns>Whether anything has.</returns>
    public bool Read()
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
            bool isNew = !GoesOn(file);
            if (isNew)
                Clear();
            file.Position = _position;
            bool any = isNew;
            for (int read; (read = file.Read(_buffer)) > 0; any = true)
                Take(_buffer.AsSpan(0, read));
            return any;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // not there yet, or no longer
        }
    }

    private bool GoesOn(FileStream file)
    {
        if (file.Length < _position)
            return false;
        Span<byte> now = stackalloc byte[Remembered];
        now = now[.._before.Length];
        file.Position = _position - now.Length;
        return file.ReadAtLeast(now, now.Length, throwOnEndOfStream: false) == now.Length && now.SequenceEqual(_before);
    }

    private void Clear()
    {
        _series.Clear();
        _evaluations.Clear();
        (_before, _rest, _position, Step, Epoch, BadLines) = ([], [], 0, 0, 0, 0);
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        _position += bytes.Length;
        _before = bytes.Length >= Remembered ? bytes[^Remembered..].ToArray() : [.. _before.AsSpan(Math.Max(0, _before.Length + bytes.Length - Remembered)), .. bytes];
        for (int end; (end = bytes.IndexOf((byte)'\n')) >= 0; bytes = bytes[(end + 1)..])
        {
            TakeLine(_rest.Length == 0 ? bytes[..end].ToArray() : [.. _rest, .. bytes[..end]]);
            _rest = [];
        }
        _rest = _rest.Length + bytes.Length <= LongestLine ? [.. _rest, .. bytes] : [];
    }

    private void TakeLine(byte[] line)
    {
        if (line.AsSpan().Trim(" \r\t"u8).IsEmpty)
            return;
        try
        {
            using JsonDocument document = JsonDocument.Parse(line, WatchedRun.Strict);
            Take(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            BadLines++;
        }
    }

    private void Take(JsonElement line)
    {
        string name = line.GetProperty("event").GetString() ?? "";
        double step = line.GetProperty("step").GetDouble(), epoch = line.GetProperty("epoch").GetDouble();
        if (!double.IsFinite(step) || !double.IsFinite(epoch))
        {
            BadLines++;
            return;
        }
        string split = name == MetricsLog.Training ? name : line.GetProperty("split").GetString() ?? "";
        (Step, Epoch) = (step, epoch);
        var metrics = new List<KeyValuePair<string, double?>>();
        foreach (JsonProperty property in line.EnumerateObject())
        {
            if (property.Name is "event" or "step" or "epoch" or "split" || property.Value.ValueKind is not (JsonValueKind.Number or JsonValueKind.Null))
                continue;
            double? value = property.Value.ValueKind == JsonValueKind.Number && property.Value.GetDouble() is var number && double.IsFinite(number) ? number : null;
            metrics.Add(new(property.Name, value));
            string key = $"{split}/{property.Name}";
            if (!_series.TryGetValue(key, out Series? series) && _series.Count < MostSeries)
                _series[key] = series = new Series();
            series?.Add(step, value ?? double.NaN);
        }
        if (name == MetricsLog.Training)
            return;
        if (_evaluations.Count == MostEvaluations)
            _evaluations.RemoveAt(0);
        _evaluations.Add(new EvaluationLine(step, epoch, split, metrics));
    }
}
