using System.Globalization;
using System.Text.RegularExpressions;

namespace BareBert.Tests;

/// <summary>Reads the recorded texts and ids of tests/golden/tokenizer.</summary>
internal static partial class HardTexts
{
    public sealed record Row(string Text, int[][] Ids);

    /// <summary>A file beside the recordings.</summary>
    public static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "golden", "tokenizer", name);

    /// <summary>One recorded text a line: escaped text, then columns of ids.</summary>
    public static Row[] Read(string name)
    {
        var rows = File.ReadAllLines(PathOf(name)).Select(Parse).ToArray();
        Xunit.Assert.True(rows.Length > 60, $"{name} is cut short: {rows.Length} texts");
        return rows;
    }

    private static Row Parse(string line)
    {
        string[] fields = line.Split('\t');
        return new Row(Unescape(fields[0]), [.. fields[1..].Select(Numbers)]);
    }

    private static string Unescape(string text) =>
        Escape().Replace(text, m => ((char)int.Parse(m.Groups[1].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString());

    private static int[] Numbers(string field) =>
        [.. field.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(n => int.Parse(n, CultureInfo.InvariantCulture))];

    [GeneratedRegex(@"\\u([0-9a-f]{4})")]
    private static partial Regex Escape();
}
