namespace BareBert.Bert.Data;

/// <summary>How to read a table of texts and labels.</summary>
public sealed record TableOptions
{
    /// <summary>Column of the text; null: guessed by its name, and said in the notices.</summary>
    public string? TextColumn { get; init; }

    /// <summary>Column of the second text of a pair; null: none, unless two columns are obviously a pair.</summary>
    public string? Text2Column { get; init; }

    /// <summary>Column of the label; null: guessed by its name, and said in the notices.</summary>
    public string? LabelColumn { get; init; }

    /// <summary>Whether the first row of a CSV or TSV file names the columns; without, they are called 1, 2, ….</summary>
    public bool Header { get; init; } = true;

    /// <summary>The classes of the model, for evaluation; null: the classes are those of the file.</summary>
    public IReadOnlyList<string>? LabelNames { get; init; }
}

/// <summary>Reads a classification data set from a CSV, TSV or JSON Lines file.</summary>
public static class TableDataset
{
    /// <summary>
    /// Reads by the file's extension: .csv; .tsv, .tab or .txt; .jsonl, .ndjson or .json. Rows without a label, without the text
    /// cell, or with too many or few columns are skipped and counted in the notices; empty texts are kept and counted.
    /// </summary>
    /// <exception cref="InputException">The file cannot be read, no row is usable, a column is missing or doubtful, or a label is unknown.</exception>
    public static ClassificationDataset Read(string path, TableOptions? options = null)
    {
        options ??= new TableOptions();
        var table = ReadTable(path, options);
        var columns = ColumnChoice.Of(table, options);
        var rows = UsableRows(table, columns);
        string[] labels = [.. rows.Select(r => r.Cells[columns.Label]!.Trim())];
        IReadOnlyList<string> names = options.LabelNames ?? LabelNaming.Infer(labels);
        var index = LabelNaming.Match(labels, names, path, table.Notices);
        ClassificationExample[] examples = [.. rows.Zip(labels, (row, label) =>
            new ClassificationExample(row.Cells[columns.Text]!, columns.Text2 is int c ? row.Cells[c] ?? "" : null, index[label]))];
        NoticeOddTexts(table, examples);
        return new ClassificationDataset(examples, names, table.Notices);
    }

    private static Table ReadTable(string path, TableOptions options) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".csv" => DelimitedReader.Read(path, ',', options.Header),
        ".tsv" or ".tab" or ".txt" => DelimitedReader.Read(path, '\t', options.Header),
        ".jsonl" or ".ndjson" or ".json" => JsonLinesReader.Read(path),
        string other => throw new InputException($"a table cannot be told from the extension {Printable.Quote(other)}: {path}; name it .csv, .tsv or .jsonl"),
    };

    private static TableRow[] UsableRows(Table table, ColumnChoice columns)
    {
        TableRow[] noLabel = [.. table.Rows.Where(r => string.IsNullOrWhiteSpace(r.Cells[columns.Label]))];
        TableRow[] noText = [.. table.Rows.Where(r => r.Cells[columns.Text] is null && !string.IsNullOrWhiteSpace(r.Cells[columns.Label]))];
        if (noLabel.Length > 0)
            table.Notices.Add($"{noLabel.Length:N0} rows without a label were skipped: {table.Path}, the first at line {noLabel[0].Line}");
        if (noText.Length > 0)
            table.Notices.Add($"{noText.Length:N0} rows without the text column were skipped: {table.Path}, the first at line {noText[0].Line}");
        TableRow[] usable = [.. table.Rows.Where(r => r.Cells[columns.Text] is not null && !string.IsNullOrWhiteSpace(r.Cells[columns.Label]))];
        return usable.Length > 0 ? usable : throw new InputException(
            $"no row is usable: {table.Path} ({string.Join("; ", table.Notices.DefaultIfEmpty("it has a header and nothing else"))}); give rows with a text and a label");
    }

    private static void NoticeOddTexts(Table table, ClassificationExample[] examples)
    {
        int empty = examples.Count(e => string.IsNullOrWhiteSpace(e.Text) && string.IsNullOrWhiteSpace(e.Text2));
        int replaced = examples.Count(e => e.Text.Contains('\uFFFD'));
        if (empty > 0)
            table.Notices.Add($"{empty:N0} texts are empty (kept): {table.Path}");
        if (replaced > 0)
            table.Notices.Add($"{replaced:N0} texts hold the replacement character U+FFFD: {table.Path}; is the file in UTF-8?");
    }
}
