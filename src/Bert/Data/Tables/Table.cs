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
        _ when options.OfDelimitedAlone is { } idle && !IsDelimited(path) && System.IO.Path.Exists(path) =>
            throw new InputException($"`{idle}` is for CSV and TSV: {path} is something else; leave it out"),
        ".parquet" when path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) && System.IO.Path.Exists(path) =>
            throw new InputException($"a Parquet file is packed in itself, and not read out of another: {path}; unpack it, as by gzip -d"),
        ".csv" => DelimitedTable.Open(path, ',', options),
        ".tsv" or ".tab" or ".txt" => DelimitedTable.Open(path, '\t', options),
        ".jsonl" or ".ndjson" or ".json" => JsonTable.Open(path),
        ".parquet" => ParquetTable.Open(path),
        _ when !System.IO.Path.Exists(path) => throw new InputException($"no such file: {path}; check the path"),
        string other => throw new InputException($"a table cannot be told from the extension {Printable.Quote(other)}: {path}; name it .csv, .tsv, .jsonl, .json or .parquet"),
    };

    /// <summary>The extensions of tables, without .gz.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet", ".tab", ".txt"];

    /// <summary>Whether a file is CSV or TSV by its extension.</summary>
    public static bool IsDelimited(string path) => ExtensionOf(path) is ".csv" or ".tsv" or ".tab" or ".txt";

    /// <summary>A file's extension in small letters, that of what is packed where it ends in .gz.</summary>
    public static string ExtensionOf(string path)
    {
        string extension = System.IO.Path.GetExtension(path).ToLowerInvariant();
        return extension == ".gz" ? System.IO.Path.GetExtension(path[..^3]).ToLowerInvariant() : extension;
    }

    /// <summary>Reads files of the same columns as one table: the pieces that large tables are kept in.</summary>
    /// <exception cref="InputException">One cannot be read, or has other columns.</exception>
    public static Table ReadAll(IReadOnlyList<string> paths, TableOptions options)
    {
        Table[] tables = [.. paths.Select(path => Open(path, options).InMemory())];
        Table first = tables[0];
        if (tables.FirstOrDefault(table => !table.Columns.SequenceEqual(first.Columns)) is { } other)
            throw new InputException($"parts of one table have other columns: {first.Path} has {string.Join(", ", first.Columns)}, {other.Path} has {string.Join(", ", other.Columns)}; give them the same ones");
        return first with { Rows = [.. tables.SelectMany(table => table.Rows)], Notices = [.. tables.SelectMany(table => table.Notices)] };
    }

    /// <summary>The columns' names, for messages.</summary>
    public string Names => Columns.Count <= 20
        ? string.Join(", ", Columns.Select(c => $"{Printable.Quote(c)}"))
        : $"{Columns.Count} columns, {Printable.Quote(Columns[0])} the first";

    /// <summary>The column of that name, letter case aside where no name is exactly so; null where there is none.</summary>
    /// <exception cref="InputException">It stands there twice.</exception>
    public int? Find(string name)
    {
        foreach (var comparison in new[] { StringComparison.Ordinal, StringComparison.OrdinalIgnoreCase })
        {
            int[] found = [.. Enumerable.Range(0, Columns.Count).Where(c => Columns[c].Equals(name, comparison))];
            if (found.Length > 1)
                throw new InputException($"the column {Printable.Quote(name)} stands {found.Length} times: {Path}; rename all but one");
            if (found.Length == 1)
                return found[0];
        }
        return null;
    }

    /// <summary>The column that an option names; null where it names none.</summary>
    /// <param name="name">The option's value.</param>
    /// <param name="option">For the message.</param>
    /// <exception cref="InputException">There is no such column.</exception>
    public int? Asked(string? name, string option) => name is null ? null
        : Find(name) ?? throw new InputException($"there is no column {Printable.Quote(name)}: {Path} has {Names}; mend {option}");

    /// <summary>The table with all its rows read, each with as many cells as there are columns.</summary>
    public Table InMemory()
    {
        TableRow[] rows = [.. Rows];
        for (int i = 0; i < rows.Length; i++)
            rows[i] = rows[i].PaddedTo(Columns.Count);
        return this with { Rows = rows };
    }
}
