using System.Globalization;
using System.Text;

namespace BareBert.Bench;

/// <summary>Sections, sentences and tables, on the console as they come and in a file that is up to date after each.</summary>
internal sealed class MarkdownReport(string path)
{
    private readonly StringBuilder _text = new();

    public void Title(string title) => Add($"# {title}\n");

    public void Section(string title) => Add($"\n## {title}\n");

    public void Line(string line) => Add($"\n{line}\n");

    /// <summary>A table; numbers stand to the right.</summary>
    public void Table(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        Add($"\n| {string.Join(" | ", columns)} |\n|{string.Concat(columns.Select((_, i) => i == 0 ? "---|" : "---:|"))}\n");
        foreach (IReadOnlyList<string> row in rows)
            Add($"| {string.Join(" | ", row.Select(cell => cell.ReplaceLineEndings(" ").Replace("|", "\\|")))} |\n");
    }

    /// <summary>Three digits, with thousands parted.</summary>
    public static string Number(double value) => !double.IsFinite(value) ? "–" : Math.Abs(value) switch
    {
        0 => "0",
        >= 100 => value.ToString("N0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("F1", CultureInfo.InvariantCulture),
        >= 0.1 => value.ToString("F2", CultureInfo.InvariantCulture),
        _ => value.ToString("G2", CultureInfo.InvariantCulture),
    };

    /// <summary>A share in whole per cent; a dash where there is nothing to take it of.</summary>
    public static string Percent(double part, double whole) => whole > 0 ? $"{Number(100 * part / whole)} %" : "–";

    private void Add(string text)
    {
        Console.Write(text);
        _text.Append(text);
        File.WriteAllText(path, _text.ToString());
    }
}
