using System.Text;
using BenchmarkDotNet.Loggers;

namespace BareBert.Bench;

/// <summary>Of all that BenchmarkDotNet says, the row that it begins with, and what it says of failures.</summary>
internal sealed class ProgressLogger : ILogger
{
    private const string Begins = "// Benchmark: ";

    private readonly StringBuilder _line = new();
    private readonly List<string> _failures = [];

    /// <summary>What went wrong, in the exceptions' own words.</summary>
    public IReadOnlyList<string> Failures => _failures;

    public string Id => nameof(ProgressLogger);

    public int Priority => 0;

    public void Write(LogKind logKind, string text) => _line.Append(text);

    public void WriteLine(LogKind logKind, string text)
    {
        _line.Append(text);
        WriteLine();
    }

    public void WriteLine()
    {
        foreach (string line in _line.ToString().Split('\n'))
            Show(line.Trim());
        _line.Clear();
    }

    public void Flush() => Console.Out.Flush();

    // "// Benchmark: Suite.Row: Job-X(…) [Size=…]"
    private void Show(string line)
    {
        int exception = line.IndexOf("Exception: ", StringComparison.Ordinal);
        if (line.StartsWith(Begins, StringComparison.Ordinal))
            Console.WriteLine($"{line[Begins.Length..].Split(": ")[0]} {line[(line.LastIndexOf('[') is >= 0 and int at ? at : line.Length)..]}");
        else if (exception >= 0 && !line.Contains("TargetInvocationException"))
            Add(line[(exception + "Exception: ".Length)..]);
    }

    private void Add(string failure)
    {
        if (_failures.Contains(failure))
            return;
        _failures.Add(failure);
        Console.Error.WriteLine($"FAILED: {failure}");
    }
}
