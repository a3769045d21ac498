using System.Globalization;

namespace BareBert.Bert.Data;

/// <summary>Pairs of texts from a table: such as belong together, or any with a score of how alike they are.</summary>
/// <param name="Path">The file.</param>
/// <param name="Pairs">In the file's order. All have a negative, or none has.</param>
/// <param name="Scores">[pairs]; null where the file has none: then all belong together.</param>
/// <param name="Notices">What was guessed, skipped or odd.</param>
internal sealed record PairTable(string Path, IReadOnlyList<SentencePair> Pairs, IReadOnlyList<double>? Scores, IReadOnlyList<string> Notices)
{
    private static readonly string[] TextNames = ["anchor", "query", "question", "sentence1", "premise", "text1", "text_a", "question1", "sent1", "text", "sentence"];
    private static readonly string[] Text2Names = ["positive", "pos", "answer", "passage", "document", "response", "sentence2", "hypothesis", "text2", "text_b", "question2", "sent2", "context"];
    private static readonly string[] NegativeNames = ["negative", "neg", "hard_negative", "negative_1"];
    private static readonly string[] LabelNames = ["score", "similarity", "similarity_score", "relatedness", "relatedness_score", "relatedness_judgment", "label", "gold_label"];

    /// <summary>Reads a file. Rows that lack a cell are skipped, and counted in the notices.</summary>
    /// <exception cref="InputException">The file cannot be read, no row is usable, a column is missing, or a score is no number.</exception>
    public static PairTable Read(string path, PairColumns? columns = null) => Read([path], columns);

    /// <summary>Reads files of the same columns.</summary>
    /// <inheritdoc cref="Read(string, PairColumns?)"/>
    internal static PairTable Read(IReadOnlyList<string> paths, PairColumns? columns)
    {
        columns ??= new PairColumns(new TableOptions());
        Table table = Table.ReadAll(paths, columns.Table);
        TableRow[] rows = [.. table.Rows];
        string path = paths[0];
        (int text, int text2, int? negative, int? label) = Choose(table, columns);
        int[] needed = [text, text2, .. new[] { negative, label }.OfType<int>()];
        TableRow[] whole = [.. rows.Where(row => needed.All(c => !string.IsNullOrWhiteSpace(row[c]) && !row.IsList(c)))];
        if (whole.Length < rows.Length)
            table.Notices.Add($"{rows.Length - whole.Length:N0} rows lack a text or a score and were skipped: {path}, the first at line {rows.First(row => needed.Any(c => string.IsNullOrWhiteSpace(row[c]) || row.IsList(c))).Line}");
        if (whole.Length == 0)
            throw new InputException($"no row is usable: {path} ({string.Join("; ", table.Notices.DefaultIfEmpty("it has a header and nothing else"))}); give rows with two texts that belong together");
        double[]? scores = label is int column ? [.. whole.Select(row => ScoreOf(row, column, table))] : null;
        return new PairTable(path, [.. whole.Select(row => new SentencePair(row[text]!, row[text2]!, negative is int n ? row[n] : null))], scores, table.Notices);
    }

    private static double ScoreOf(TableRow row, int column, Table table) =>
        double.TryParse(row[column], NumberStyles.Float, CultureInfo.InvariantCulture, out double score) && double.IsFinite(score) ? score
            : throw new InputException($"a score is no number: {table.Path}, line {row.Line}: {Printable.Quote(row[column]!)} in {Printable.Quote(table.Columns[column])}; "
                + "give numbers, or without that column pairs that belong together");

    // By their names; the two texts else by their place.
    private static (int Text, int Text2, int? Negative, int? Label) Choose(Table table, PairColumns asked)
    {
        int? text = table.Asked(asked.Table.TextColumn, "`TextColumn`"), text2 = table.Asked(asked.Table.Text2Column, "`Text2Column`");
        int? negative = table.Asked(asked.Negative, "`NegativeColumn`"), label = table.Asked(asked.Table.LabelColumn, "`LabelColumn`");
        bool isGuessed = text is null || text2 is null;
        HashSet<int> taken = [.. new[] { text, text2, negative, label }.OfType<int>()];
        int? Guess(int? known, string[] names)
        {
            int? found = known ?? names.Select(table.Find).FirstOrDefault(c => c is not null && !taken.Contains(c.Value));
            if (found is int column)
                taken.Add(column);
            return found;
        }
        label = Guess(label, LabelNames);
        negative = Guess(negative, NegativeNames);
        text = Guess(text, TextNames);
        text2 = Guess(text2, Text2Names);
        int[] free = [.. Enumerable.Range(0, table.Columns.Count).Where(c => !taken.Contains(c))];
        int missing = (text is null ? 1 : 0) + (text2 is null ? 1 : 0);
        if (free.Length < missing || (missing == 1 && free.Length > 1))
            throw new InputException($"no column is obviously the {(text is null ? "first" : "second")} text of a pair: {table.Path} has {table.Names}; name it with {(text is null ? "`TextColumn`" : "`Text2Column`")}");
        text ??= free[0];
        text2 ??= free[missing - 1];
        if (new[] { text, text2, negative, label }.OfType<int>().GroupBy(c => c).Any(g => g.Count() > 1))
            throw new InputException($"one column is asked for twice: {table.Path}; the texts and the score are different columns");
        string Quoted(int? c) => Printable.Quote(table.Columns[c!.Value]);
        if (isGuessed)
        {
            table.Notices.Add($"pairs are read from {Quoted(text)} and {Quoted(text2)}{(negative is null ? "" : $", negatives from {Quoted(negative)}")}"
                + $"{(label is null ? "" : $", scores from {Quoted(label)}")}: {table.Path}");
        }
        return (text.Value, text2.Value, negative, label);
    }
}
