using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsvHelper;

namespace BareBert.Bert.Tasks;

/// <summary>Writes rows with what is said of them, in the format that a file's extension names.</summary>
internal sealed class TableWriter : IDisposable
{
    private readonly Stream _stream;
    private readonly CsvWriter? _cells;
    private readonly IReadOnlyList<string> _columns; // grows as rows are read
    private readonly int _width; // how many there were at first

    /// <summary>Begins a table.</summary>
    /// <param name="stream">Where to; it stays open.</param>
    /// <param name="path">.csv, .tsv or .jsonl, with .gz behind to be packed.</param>
    /// <param name="columns">Of the rows.</param>
    /// <param name="added">Names of what is said.</param>
    public TableWriter(Stream stream, string path, IReadOnlyList<string> columns, IReadOnlyList<string> added)
    {
        _stream = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(stream, CompressionLevel.Optimal, leaveOpen: true) : new BufferedStream(stream, 1 << 16);
        (_columns, _width) = (columns, columns.Count);
        if (Table.ExtensionOf(path) is ".jsonl" or ".ndjson")
            return;
        _cells = CsvWriter.Create(_stream, new CsvWriterOptions { Separator = Table.ExtensionOf(path) == ".csv" ? ',' : '\t', NewLine = "\n" }, leaveOpen: true);
        foreach (string name in columns.Concat(added))
            _cells.WriteField(name);
        _cells.EndRecord();
    }

    /// <summary>Throws where a file's extension names no format to write.</summary>
    /// <exception cref="InputException">It does not.</exception>
    public static void Require(string path)
    {
        if (Table.ExtensionOf(path) is not (".csv" or ".tsv" or ".tab" or ".jsonl" or ".ndjson"))
            throw new InputException($"predictions are written as .csv, .tsv or .jsonl, with .gz behind to be packed: {path}; name it so");
    }

    /// <summary>Writes a row.</summary>
    public void Write(TableRow row, IReadOnlyList<PredictedField> said)
    {
        if (_cells is null)
        {
            _stream.Write(Encoding.UTF8.GetBytes(TextOf(row, said) + "\n"));
            return;
        }
        if (row.Cells.Length > _width)
            throw new InputException($"a row has a key that none of the first {JsonTable.Sample} rows has: line {row.Line}; write .jsonl, whose rows may differ");
        for (int column = 0; column < _width; column++)
            _cells.WriteField(row[column] ?? "");
        foreach (PredictedField field in said)
            _cells.WriteField(field.Text);
        _cells.EndRecord();
    }

    public void Dispose()
    {
        _cells?.Dispose();
        if (_stream is GZipStream)
            _stream.Dispose();
        else
            _stream.Flush();
    }

    private string TextOf(TableRow row, IReadOnlyList<PredictedField> said)
    {
        try
        {
            return JsonOf(row, said).ToJsonString(TablePredictions.Json);
        }
        catch (InvalidOperationException e)
        {
            throw new InputException($"a string is not Unicode text (half a surrogate pair?): line {row.Line}; mend the line", e);
        }
    }

    private JsonObject JsonOf(TableRow row, IReadOnlyList<PredictedField> said)
    {
        var json = new JsonObject();
        for (int column = 0; column < Math.Min(_columns.Count, row.Cells.Length); column++)
        {
            if (row[column] is { } cell)
                json[_columns[column]] = row.IsJson(column) ? JsonNode.Parse(cell) : cell;
        }
        foreach (PredictedField field in said)
        {
            if (json.ContainsKey(field.Name))
                throw new InputException($"a row has a key {Printable.Quote(field.Name)} already: line {row.Line}; take it out, or rename it");
            json[field.Name] = field.Value;
        }
        return json;
    }
}
