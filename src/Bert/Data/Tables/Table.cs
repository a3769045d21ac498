namespace BareBert.Bert.Data;

/// <summary>Rows of text with named columns, however they were written down.</summary>
/// <param name="Path">The file, for messages.</param>
/// <param name="Columns">Column names as they stand in the file; one may stand there twice. JSON's grow as rows are read.</param>
/// <param name="Rows">The usable rows: the file is read as they are gone through, each time anew.</param>
/// <param name="Notices">What was skipped or odd; grows as rows are read.</param>
internal sealed record Table(string Path, IReadOnlyList<string> Columns, IEnumerable<TableRow> Rows, List<string> Notices)
{
    /// <summary>Opens a file by its extension: .csv; .tsv, .tab or .txt; .jsonl, .ndjson or .json; .parquet. Any but the last may be packed, with .gz behind.</summary>
    /// <exception cref="InputException">The file cannot be read, has no row, or is of no format that is known.</exception>
    public static Table Open(string path, TableOptions options) => ExtensionOf(path) switch
    {
        ".csv" => DelimitedTable.Open(path, ',', options),
        ".tsv" or ".tab" or ".txt" => DelimitedTable.Open(path, '\t', options),
        ".jsonl" or ".ndjson" or ".json" => JsonTable.Open(path),
        ".parquet" => ParquetTable.Open(path),
        string other => throw new InputException($"a table cannot be told from the extension {Printable.Quote(other)}: {path}; name it .csv, .tsv, .jsonl, .json or .parquet"),
    };

    /// <summary>The extensions of tables, without .gz.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet", ".tab", ".txt"];

    /// <summary>A file's extension in small letters, that of what is packed where it ends in .gz.</summary>
    public static string ExtensionOf(string path)
    {
        string extension = System.IO.Path.GetExtension(path).ToLowerInvariant();
        return extension == ".gz" ? System.IO.Path.GetExtension(path[..^3]).ToLowerInvariant() : extension;
    }

    /// <summary>The table with all its rows read, each with as many cells as there are columns.</summary>
    public Table InMemory()
    {
        TableRow[] rows = [.. Rows];
        for (int i = 0; i < rows.Length; i++)
            rows[i] = rows[i].PaddedTo(Columns.Count);
        return this with { Rows = rows };
    }
}
