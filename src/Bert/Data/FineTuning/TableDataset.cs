namespace BareBert.Bert.Data;

/// <summary>Reads texts with labels from a table: CSV, TSV, JSON Lines, a JSON array or Parquet.</summary>
internal static class TableDataset
{
    /// <summary>
    /// Reads by the file's extension: .csv; .tsv, .tab or .txt; .jsonl, .ndjson or .json; .parquet; with .gz behind where it is packed.
    /// Rows without a label, without the text cell, or with too many or few columns are skipped and counted in the notices; empty texts are kept and counted.
    /// </summary>
    /// <exception cref="InputException">The file cannot be read, no row is usable, a column is missing or doubtful, or a label is unknown.</exception>
    public static ClassificationDataset Read(string path, TableOptions? options = null) => ReadParts([path], options ?? new TableOptions(), LabelNeed.Required)!;

    /// <summary>Reads one data set from files of the same columns: the pieces that large tables are kept in.</summary>
    /// <param name="paths">At least one.</param>
    /// <param name="options">Columns and labels.</param>
    /// <param name="need">Whether there must be labels; null is returned where there may be and are none.</param>
    internal static ClassificationDataset? ReadParts(IReadOnlyList<string> paths, TableOptions options, LabelNeed need)
    {
        Table table = Table.ReadAll(paths, options);
        ColumnChoice columns = ColumnChoice.Of(table, options, need);
        if (need == LabelNeed.Optional && TableLabels.AreAbsent(table, columns))
            return null;
        TableRow[] rows = UsableRows(table, columns, options);
        TableLabels labels = TableLabels.Read(table, rows, columns, options);
        ClassificationExample[] examples = [.. rows.Select((row, i) => new ClassificationExample(row[columns.Text]!, columns.Text2 is int c ? row[c] ?? "" : null, labels.Classes[i])
        {
            Targets = labels.Targets?[i],
        })];
        NoticeOddTexts(table, examples);
        return new ClassificationDataset(examples, labels.Names, table.Notices) { ProblemType = labels.ProblemType, Columns = NamesOf(table, columns) };
    }

    private static TableColumns NamesOf(Table table, ColumnChoice columns) => new(table.Columns[columns.Text],
        columns.Text2 is int second ? table.Columns[second] : null, string.Join(',', columns.Labels.Select(c => table.Columns[c])));

    private static TableRow[] UsableRows(Table table, ColumnChoice columns, TableOptions options)
    {
        // Of several labels in one cell there may be none, which an empty cell says.
        bool mayBeEmpty = options.ProblemType == ProblemType.MultiLabel || options.PartsLabels;
        bool HasLabel(TableRow row) => columns.Labels.Any(c => mayBeEmpty ? row[c] is not null : !string.IsNullOrWhiteSpace(row[c]));
        if (table.Rows.FirstOrDefault(row => row.IsList(columns.Text)) is { Cells: not null } nested)
            throw new InputException($"the text column {Printable.Quote(table.Columns[columns.Text])} holds a list or an object: {table.Path}, line {nested.Line}; a text is a string");
        TableRow[] noLabel = [.. table.Rows.Where(row => !HasLabel(row))];
        TableRow[] noText = [.. table.Rows.Where(row => row[columns.Text] is null && HasLabel(row))];
        if (noLabel.Length > 0)
            table.Notices.Add($"{noLabel.Length:N0} rows without a label were skipped: {table.Path}, the first at line {noLabel[0].Line}");
        if (noText.Length > 0)
            table.Notices.Add($"{noText.Length:N0} rows without the text column were skipped: {table.Path}, the first at line {noText[0].Line}");
        TableRow[] usable = [.. table.Rows.Where(row => row[columns.Text] is not null && HasLabel(row))];
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
