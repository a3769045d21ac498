using System.Text.Json;

namespace BareBert.Bert.Data;

/// <summary>Reads cells that hold several labels: lists, or texts with something between the labels.</summary>
internal static class MultiLabelCells
{
    private static readonly string[] Separators = ["|", ";", ","];

    /// <summary>
    /// Lists name the labels that hold, or where all are of one length, hold only 0 and 1 and have one of these twice, say of each label whether it does.
    /// </summary>
    /// <exception cref="InputException">A label is not the model's, or no row has any.</exception>
    public static TableLabels Read(Table table, TableRow[] rows, int column, TableOptions options)
    {
        string separator = options.LabelSeparator ?? Guess(table, rows, column);
        string[][] labels = [.. rows.Select(row => Split(row[column]!, separator))];
        return AreFlags(labels) ? OfFlags(table, labels, options) : OfNames(table, labels, options);
    }

    private static TableLabels OfNames(Table table, string[][] labels, TableOptions options)
    {
        string[] all = [.. labels.SelectMany(row => row)];
        if (all.Length == 0)
            throw new InputException($"no row has a label: {table.Path}; there is nothing to learn");
        IReadOnlyList<string> names = options.LabelNames ?? LabelNaming.Infer(all);
        Dictionary<string, int> index = LabelNaming.Match(all, names, table.Path, table.Notices);
        return Of(names, [.. labels.Select(row =>
        {
            var targets = new float[names.Count];
            foreach (string label in row)
                targets[index[label]] = 1;
            return targets;
        })]);
    }

    private static TableLabels OfFlags(Table table, string[][] labels, TableOptions options)
    {
        int count = labels[0].Length;
        IReadOnlyList<string> names = options.LabelNames ?? [.. Enumerable.Range(0, count).Select(c => $"LABEL_{c}")];
        return names.Count == count ? Of(names, [.. labels.Select(row => row.Select(flag => flag.StartsWith('1') ? 1f : 0f).ToArray())])
            : throw new InputException($"rows say of {count} labels whether they hold, and the model has {names.Count}: {table.Path}; use the data that it was trained with");
    }

    private static TableLabels Of(IReadOnlyList<string> names, float[][] targets) => new(ProblemType.MultiLabel, names, [.. targets.Select(_ => -1)], targets);

    private static bool AreFlags(string[][] labels) => labels.All(row => row.Length == labels[0].Length && row.All(flag => flag is "0" or "1" or "0.0" or "1.0"))
        && labels.Any(row => row.Distinct().Count() < row.Length);

    private static string Guess(Table table, TableRow[] rows, int column)
    {
        string[] cells = [.. rows.Select(row => row[column]!).Where(cell => !cell.TrimStart().StartsWith('['))];
        if (Separators.FirstOrDefault(separator => cells.Any(cell => cell.Contains(separator))) is not { } found)
            return ",";
        table.Notices.Add($"labels of one row are parted by {Printable.Quote(found)}: {table.Path}; `{nameof(TableOptions.LabelSeparator)}` says otherwise");
        return found;
    }

    private static string[] Split(string cell, string separator)
    {
        string text = cell.Trim();
        if (!text.StartsWith('[') || !text.EndsWith(']'))
            return Parts(text, separator);
        try
        {
            return [.. JsonSerializer.Deserialize<JsonElement[]>(text)!.Select(item => item.ValueKind == JsonValueKind.String ? item.GetString()!.Trim() : item.GetRawText())];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // As Python prints lists: ['a', 'b'], or NumPy: ['a' 'b'].
            string inner = text[1..^1];
            return [.. Parts(inner, inner.Contains(',') ? "," : " ").Select(part => part.Trim('\'', '"')).Where(part => part.Length > 0)];
        }
    }

    private static string[] Parts(string text, string separator) => text.Split(separator, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
