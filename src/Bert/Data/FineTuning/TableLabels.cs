using System.Globalization;

namespace BareBert.Bert.Data;

/// <summary>The labels of a table's rows, as what they mean.</summary>
/// <param name="ProblemType">What they mean.</param>
/// <param name="Names">Names of the classes, of the labels that hold or not, or of the numbers.</param>
/// <param name="Classes">[rows] the class; −1 where there is no one class.</param>
/// <param name="Targets">[rows][names] 1 where a label holds, else 0; or the numbers; null where each row has one class.</param>
internal sealed record TableLabels(ProblemType ProblemType, IReadOnlyList<string> Names, int[] Classes, IReadOnlyList<float>[]? Targets)
{
    /// <summary>Whether a table has nothing to learn: no column, empty cells, or −1 in all of them, as unlabelled test data have.</summary>
    public static bool AreAbsent(Table table, ColumnChoice columns) => columns.Labels.Count == 0
        || table.Rows.All(row => columns.Labels.All(c => string.IsNullOrWhiteSpace(row[c]))) || table.Rows.All(row => columns.Labels.All(c => row[c]?.Trim() is "-1" or "-1.0"));

    /// <summary>Reads them.</summary>
    /// <exception cref="InputException">They are not what they are said to be.</exception>
    public static TableLabels Read(Table table, TableRow[] rows, ColumnChoice columns, TableOptions options)
    {
        ProblemType type = options.ProblemType ?? (options.PartsLabels ? ProblemType.MultiLabel
            : options.LabelNames is null ? Guess(table, rows, columns.Labels) : ProblemType.SingleLabel);
        if (options.PartsLabels && (type != ProblemType.MultiLabel || columns.Labels.Count > 1))
            throw new InputException($"`{nameof(options.LabelSeparator)}` is for several labels in one cell: {table.Path} is read as {(columns.Labels.Count > 1 ? "a column for each" : ProblemTypes.NameOf(type))}; leave it out");
        return type switch
        {
            ProblemType.Regression => Numbers(table, rows, columns.Labels, options),
            ProblemType.MultiLabel when columns.Labels.Count > 1 => Truths(table, rows, columns.Labels, options),
            ProblemType.MultiLabel => MultiLabelCells.Read(table, rows, columns.Labels[0], options),
            _ => OneClass(table, rows, columns.Labels, options),
        };
    }

    private static ProblemType Guess(Table table, TableRow[] rows, IReadOnlyList<int> columns)
    {
        if (columns.Count > 1 && rows.All(row => columns.All(c => TruthOf(row[c]) is not null)))
            return ProblemType.MultiLabel;
        TableRow[] others = [.. rows.Where(row => columns.Any(c => NumberOf(row[c]) is null))];
        bool haveFractions = rows.Any(row => columns.Any(c => NumberOf(row[c]) is { } number && number != MathF.Round(number)));
        if (others.Length == 0 && (columns.Count > 1 || haveFractions))
        {
            table.Notices.Add(haveFractions && columns.Count == 1 ? $"the labels are numbers with fractions, and are learned as such: {table.Path}; `{nameof(TableOptions.ProblemType)}` {ProblemTypes.NameOf(ProblemType.SingleLabel)} says otherwise"
                : $"the labels are numbers, and are learned as such: {table.Path}");
            return ProblemType.Regression;
        }
        if (haveFractions && others.Length < rows.Length / 2)
        {
            throw new InputException($"the labels are numbers with fractions but for {others.Length:N0} of {rows.Length:N0} rows, as {Printable.Quote(columns.Select(c => others[0][c]).First(cell => NumberOf(cell) is null) ?? "")} in line {others[0].Line}: "
                + $"{table.Path}; mend or take out these rows"
                + (columns.Count > 1 ? "" : $", or say with `{nameof(TableOptions.ProblemType)}` {ProblemTypes.NameOf(ProblemType.SingleLabel)} that each number is a class"));
        }
        if (!rows.Any(row => row.IsList(columns[0])))
            return ProblemType.SingleLabel;
        table.Notices.Add($"rows have lists of labels, each of which holds or not: {table.Path}");
        return ProblemType.MultiLabel;
    }

    private static TableLabels OneClass(Table table, TableRow[] rows, IReadOnlyList<int> columns, TableOptions options)
    {
        if (columns.Count > 1)
            throw new InputException($"several label columns hold neither 0 and 1 nor numbers: {table.Path}; name one in `{nameof(options.LabelColumn)}`");
        string[] labels = [.. rows.Select(row => row[columns[0]]!.Trim())];
        IReadOnlyList<string> names = options.LabelNames ?? LabelNaming.Infer(labels);
        Dictionary<string, int> index = LabelNaming.Match(labels, names, table.Path, table.Notices);
        if (!options.NoHeader && labels.Contains(table.Columns[columns[0]], StringComparer.Ordinal))
            table.Notices.Add($"the first row may be data, not names: its {Printable.Quote(table.Columns[columns[0]])} is a label of other rows: {table.Path}; if so, say it (`{nameof(options.NoHeader)}`)");
        return new TableLabels(ProblemType.SingleLabel, names, [.. labels.Select(label => index[label])], null);
    }

    private static TableLabels Numbers(Table table, TableRow[] rows, IReadOnlyList<int> columns, TableOptions options)
    {
        IReadOnlyList<string> names = NamesOf(table, columns, options);
        float[][] targets = [.. rows.Select(row => columns.Select(c => NumberOf(row[c])
            ?? throw new InputException($"a label is not a number: {table.Path}, line {row.Line}: {Printable.Quote(row[c] ?? "")}; a regression learns numbers")).ToArray())];
        return new TableLabels(ProblemType.Regression, names, [.. rows.Select(_ => -1)], targets);
    }

    private static TableLabels Truths(Table table, TableRow[] rows, IReadOnlyList<int> columns, TableOptions options)
    {
        IReadOnlyList<string> names = NamesOf(table, columns, options);
        float[][] targets = [.. rows.Select(row => columns.Select(c => TruthOf(row[c])
            ?? throw new InputException($"a label is neither 0 nor 1: {table.Path}, line {row.Line}: {Printable.Quote(row[c]!)}; each column of a label says whether it holds")).ToArray())];
        return new TableLabels(ProblemType.MultiLabel, names, [.. rows.Select(_ => -1)], targets);
    }

    private static IReadOnlyList<string> NamesOf(Table table, IReadOnlyList<int> columns, TableOptions options)
    {
        IReadOnlyList<string> names = options.LabelNames ?? [.. columns.Select(c => table.Columns[c])];
        return names.Count == columns.Count ? names
            : throw new InputException($"the data have {columns.Count} label columns, the model {names.Count} outputs: {table.Path}; name as many in `{nameof(options.LabelColumn)}`");
    }

    private static float? NumberOf(string? cell) =>
        float.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out float number) && float.IsFinite(number) ? number : null;

    private static float? TruthOf(string? cell) => cell?.Trim().ToLowerInvariant() switch
    {
        null or "" or "0" or "0.0" or "false" => 0,
        "1" or "1.0" or "true" => 1,
        _ => null,
    };
}
