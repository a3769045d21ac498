using System.Text;
using System.Text.Json;

namespace BareBert.Bert.Data;

/// <summary>Reads JSON objects whose keys are the columns: one a line, blank lines skipped, or all of them in one array.</summary>
internal static class JsonTable
{
    // Keys that only later rows have are known once these are read.
    internal const int Sample = 100;

    /// <summary>Strings, numbers and booleans become cells as they are written; lists and objects as JSON; null and a missing key are absent cells.</summary>
    /// <exception cref="InputException">There is no row; as rows are read: one is not a JSON object, or has a key twice.</exception>
    public static Table Open(string path)
    {
        var columns = new ColumnList();
        IEnumerable<TableRow> rows = IsArray(path) ? Array(path, columns) : Lines(path, columns);
        if (rows.Take(Sample).Count() == 0)
            throw new InputException($"the file has no rows: {path}; write one JSON object a line");
        return new Table(path, columns.Names, rows, []);
    }

    private static bool IsArray(string path)
    {
        using StreamReader reader = TextInput.Open(path);
        int character;
        do
            character = reader.Read();
        while (character >= 0 && char.IsWhiteSpace((char)character));
        return character == '[';
    }

    private static IEnumerable<TableRow> Lines(string path, ColumnList columns)
    {
        using StreamReader reader = TextInput.Open(path);
        for (int line = 1; reader.ReadLine() is string text; line++)
        {
            if (!string.IsNullOrWhiteSpace(text))
                yield return ParseLine(text, line, $"{path}, line {line}", columns);
        }
    }

    private static TableRow ParseLine(string text, int line, string where, ColumnList columns)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return RowOf(document.RootElement, line, where, columns);
        }
        catch (JsonException e)
        {
            throw new InputException($"not JSON (cut short, or NaN, or a stray character?): {where}; write one object a line", e);
        }
        catch (EncoderFallbackException e)
        {
            throw NotUnicode(where, e);
        }
    }

    private static IEnumerable<TableRow> Array(string path, ColumnList columns)
    {
        using Stream stream = TextInput.OpenBytes(path);
        using IEnumerator<JsonElement> elements = JsonSerializer.DeserializeAsyncEnumerable<JsonElement>(stream).ToBlockingEnumerable().GetEnumerator();
        for (int row = 1; Next(elements, path); row++)
            yield return RowOf(elements.Current, row, $"{path}, row {row}", columns);
    }

    private static bool Next(IEnumerator<JsonElement> elements, string path)
    {
        try
        {
            return elements.MoveNext();
        }
        catch (JsonException e)
        {
            throw JsonFile.NotJson(path, e);
        }
    }

    private static TableRow RowOf(JsonElement element, int line, string where, ColumnList columns)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw new InputException($"not a JSON object: {where}; write objects like {{\"text\": \"…\", \"label\": \"…\"}}, one a line or in an array");
        var cells = new string?[columns.Names.Count];
        HashSet<int>? json = null;
        var seen = new HashSet<int>();
        try
        {
            foreach (JsonProperty property in element.EnumerateObject())
            {
                int column = columns.IndexOf(property.Name);
                if (!seen.Add(column))
                    throw new InputException($"the key {Printable.Quote(property.Name)} stands twice in one object: {where}; remove one");
                if (column >= cells.Length)
                    System.Array.Resize(ref cells, columns.Names.Count);
                cells[column] = TextOf(property.Value);
                if (property.Value.ValueKind is not (JsonValueKind.String or JsonValueKind.Null))
                    (json ??= []).Add(column);
            }
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            throw NotUnicode(where, e);
        }
        return new TableRow(line, cells, json);
    }

    private static string? TextOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Null => null,
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => value.GetRawText(),
    };

    private static InputException NotUnicode(string where, Exception e) => new($"a string is not Unicode text (half a surrogate pair?): {where}; mend the line", e);

    /// <summary>The keys in the order in which they were first seen.</summary>
    private sealed class ColumnList
    {
        private readonly Dictionary<string, int> _index = [];
        private readonly List<string> _names = [];

        public IReadOnlyList<string> Names => _names;

        public int IndexOf(string name)
        {
            if (!_index.TryGetValue(name, out int index))
            {
                _index[name] = index = _names.Count;
                _names.Add(name);
            }
            return index;
        }
    }
}
