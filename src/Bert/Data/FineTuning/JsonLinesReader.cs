using System.Text;
using System.Text.Json;

namespace BareBert.Bert.Data;

/// <summary>Reads JSON Lines: one object a line, whose keys are the columns. Blank lines are skipped.</summary>
internal static class JsonLinesReader
{
    /// <summary>Strings, numbers and booleans become cells as they are written; null and a missing key are absent cells.</summary>
    /// <exception cref="InputException">A line is not one JSON object, has a key twice, or nests a list or an object in it.</exception>
    public static Table Read(string path)
    {
        var columns = new OrderedDictionary<string, int>();
        List<(int Line, Dictionary<string, string?> Cells)> rows = [];
        int line = 0;
        foreach (string text in TextFile.Read(path).Text.Split('\n'))
        {
            line++;
            if (string.IsNullOrWhiteSpace(text))
                continue;
            var cells = ParseLine(text, $"{path}, line {line}");
            foreach (string key in cells.Keys)
                columns.TryAdd(key, columns.Count);
            rows.Add((line, cells));
        }
        if (rows.Count == 0)
            throw new InputException($"the file has no rows: {path}; write one JSON object a line");
        return new Table(path, [.. columns.Keys], [.. rows.Select(r => new TableRow(r.Line, [.. columns.Keys.Select(k => r.Cells.GetValueOrDefault(k))]))], []);
    }

    private static Dictionary<string, string?> ParseLine(string text, string where)
    {
        try
        {
            using var document = JsonDocument.Parse(text.Trim('\r', ' ', '\t', '\uFEFF'));
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new InputException($"not a JSON object: {where}; write one object a line, like {{\"text\": \"…\", \"label\": \"…\"}}");
            var cells = new Dictionary<string, string?>();
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (!cells.TryAdd(property.Name, Cell(property, where)))
                    throw new InputException($"the key {Printable.Quote(property.Name)} stands twice in one object: {where}; remove one");
            }
            return cells;
        }
        catch (JsonException e)
        {
            throw new InputException($"not JSON (cut short, or NaN, or a stray character?): {where}; write one object a line", e);
        }
        catch (Exception e) when (e is InvalidOperationException or EncoderFallbackException or ArgumentException)
        {
            throw new InputException($"a string is not Unicode text (half a surrogate pair?): {where}; mend the line", e);
        }
    }

    private static string? Cell(JsonProperty property, string where) => property.Value.ValueKind switch
    {
        JsonValueKind.String => property.Value.GetString(),
        JsonValueKind.Null => null,
        JsonValueKind.Number => property.Value.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => throw new InputException($"the key {Printable.Quote(property.Name)} holds a list or an object: {where}; a cell is a string or a number"),
    };
}
