namespace BareBert.Bert.Data;

/// <summary>Which columns of a table hold the text, the second text if any, and the labels.</summary>
internal sealed record ColumnChoice(int Text, int? Text2, IReadOnlyList<int> Labels)
{
    private static readonly string[] LabelNames = ["label", "labels", "sentiment", "class", "category", "target", "polarity", "gold_label", "rating", "stars", "score", "y"];

    private static readonly string[] TextNames = ["text", "sentence", "review", "content", "comment", "comment_text", "phrase", "question", "tweet", "message", "body", "document", "x"];

    /// <summary>Names that say there are two texts: both must be there.</summary>
    private static readonly (string First, string Second)[] PairNames =
    [
        ("sentence1", "sentence2"), ("premise", "hypothesis"), ("question1", "question2"), ("text_a", "text_b"), ("text1", "text2"),
        ("text", "text2"), ("text", "text_pair"), ("question", "sentence"), ("question", "passage"), ("sentence", "sentence2"),
    ];

    /// <summary>Takes the columns that were asked for and guesses the others by their names.</summary>
    /// <exception cref="InputException">A column is missing, stands there twice, is asked for twice, or cannot be guessed.</exception>
    public static ColumnChoice Of(Table table, TableOptions options, LabelNeed need = LabelNeed.Required)
    {
        int? text = table.Asked(options.TextColumn, "`TextColumn`");
        int? text2 = table.Asked(options.Text2Column, "`Text2Column`");
        int[] labels = need == LabelNeed.None ? [] : AskedLabels(table, options.LabelColumn, need);
        bool guessed = text is null || (labels.Length == 0 && need != LabelNeed.None);

        if (labels.Length == 0 && need != LabelNeed.None)
            labels = [.. LabelNames.Select(n => table.Find(n)).OfType<int>().Where(c => c != text && c != text2).Take(1)];
        int? label = labels.Length > 0 ? labels[0] : null;
        if (text is null && text2 is null && GuessPair(table, label) is var (first, second))
            (text, text2) = (first, second);
        text ??= TextNames.Select(n => table.Find(n)).FirstOrDefault(c => c is not null && !labels.Contains(c.Value) && c != text2);
        if (table.Columns.Count == 2 && text2 is null && need == LabelNeed.Required)
            (text, label) = (text ?? 1 - label, label ?? 1 - text);
        if (table.Columns.Count == 1)
            text ??= 0;
        if (labels.Length == 0 && label is int other)
            labels = [other];

        string hint = options.NoHeader || table.Path is var path && Table.ExtensionOf(path) is ".jsonl" or ".json" or ".ndjson" or ".parquet" ? ""
            : "; where the first row is data, not names, say so (`NoHeader`): columns then are 1, 2, …";
        int TheOne(int? column, string what, string flag) => column ?? throw new InputException(
            $"no column is obviously the {what}: {table.Path} has {table.Names}; name it with {flag}{hint}");
        if (labels.Length == 0 && need == LabelNeed.Required)
            TheOne(null, "label", "`LabelColumn`");
        var choice = new ColumnChoice(TheOne(text, "text", "`TextColumn`"), text2, labels);
        choice.RefuseOneColumnTwice(table);
        if (guessed)
            table.Notices.Add(choice.Describe(table));
        return choice;
    }

    // A name may hold commas itself.
    private static int[] AskedLabels(Table table, string? names, LabelNeed need)
    {
        if (names is null)
            return [];
        if (table.Find(names) is int one)
            return [one];
        string[] parts = names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (need == LabelNeed.Optional && parts.All(part => table.Find(part) is null))
            return [];
        return parts.Length > 1 ? [.. parts.Select(part => table.Asked(part, "`LabelColumn`")!.Value)] : [table.Asked(names, "`LabelColumn`")!.Value];
    }

    private static (int, int)? GuessPair(Table table, int? label)
    {
        foreach (var (first, second) in PairNames)
        {
            if (table.Find(first) is int a && table.Find(second) is int b && a != label && b != label)
                return (a, b);
        }
        return null;
    }

    private void RefuseOneColumnTwice(Table table)
    {
        if (Labels.Contains(Text) || (Text2 is int second && Labels.Contains(second)) || Text == Text2 || Labels.Distinct().Count() < Labels.Count)
            throw new InputException($"one column is asked for twice: {table.Path}; text, second text and label are different columns");
    }

    private string Describe(Table table)
    {
        string second = Text2 is int c ? $", second text from {Printable.Quote(table.Columns[c])}" : "";
        return $"text is read from {Printable.Quote(table.Columns[Text])}{second}, {(Labels.Count == 0 ? "no label" : $"the label from {string.Join(", ", Labels.Select(c => Printable.Quote(table.Columns[c])))}")}: {table.Path}";
    }
}
