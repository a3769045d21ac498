using System.Text.Json;

namespace BareBert.Bert.Data;

/// <summary>Reads sentences of labelled words from a table with a list of words and a list of labels in each row: JSON Lines, a JSON array, Parquet.</summary>
internal static class LabelledTable
{
    private static readonly string[] Words = ["tokens", "words"], Labels = ["labels", "ner_tags", "tags", "pos_tags"];

    /// <summary>Whether a file is such a table, by its extension.</summary>
    public static bool Is(string path) => Extensions.Contains(Table.ExtensionOf(path));

    /// <summary>The extensions.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".jsonl", ".ndjson", ".json", ".parquet"];

    /// <summary>Reads a file; rows without a word are left out.</summary>
    /// <exception cref="InputException">It cannot be read, a column is missing, a row has not as many labels as words, or labels are numbers.</exception>
    public static IReadOnlyList<LabelledSentence> Read(string path)
    {
        Table table = Table.Open(path, new TableOptions());
        int words = ColumnOf(table, Words, "words"), labels = ColumnOf(table, Labels, "labels");
        LabelledSentence[] sentences = [.. table.Rows.Select(row => new LabelledSentence(ListOf(table, row, words), ListOf(table, row, labels))).Where(s => s.Words.Count > 0)];
        return sentences.Length > 0 ? sentences : throw new InputException($"no sentence: {path} has no row with a word; give lists of words and of their labels");
    }

    private static int ColumnOf(Table table, string[] names, string what)
    {
        int column = Enumerable.Range(0, table.Columns.Count).FirstOrDefault(c => names.Contains(table.Columns[c]), -1);
        return column >= 0 ? column : throw new InputException($"no column holds the {what}: {table.Path} has {table.Names}; call it {string.Join(" or ", names)}");
    }

    private static string[] ListOf(Table table, TableRow row, int column)
    {
        string where = $"{table.Path}, line {row.Line}, {Printable.Quote(table.Columns[column])}";
        if (!row.IsList(column))
            throw new InputException($"not a list of words: {where}; give lists of words and of their labels");
        using JsonDocument list = JsonDocument.Parse(row[column]!);
        if (list.RootElement.ValueKind != JsonValueKind.Array || list.RootElement.EnumerateArray().Any(item => item.ValueKind != JsonValueKind.String))
            throw new InputException($"not a list of words: {where}; labels that are numbers have to be written as the names that they stand for");
        return JsonFile.Guard(table.Path, where, () => list.RootElement.EnumerateArray().Select(item => item.GetString()!).ToArray());
    }
}
