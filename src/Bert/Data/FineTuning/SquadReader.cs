using System.Text.Json;
using System.Text.Json.Nodes;

namespace BareBert.Bert.Data;

/// <summary>
/// Reads questions about paragraphs: SQuAD's JSON, v1.1 and v2.0, or a table of questions with their contexts, as the datasets library
/// writes them (JSON Lines, an array, Parquet).
/// </summary>
public static class SquadReader
{
    /// <summary>The extensions of files of questions, without .gz.</summary>
    internal static IReadOnlyList<string> Extensions { get; } = [".parquet", ".jsonl", ".json"];

    /// <summary>The file of a folder that questions are evaluated on, as the datasets library names it; a file is itself.</summary>
    /// <exception cref="InputException">The folder has none.</exception>
    public static string FileToEvaluate(string path) => !Directory.Exists(path) ? path : new DataFiles(path).InFolder(Extensions).Validation
        ?? throw new InputException($"no part to evaluate on: {path} has no validation file; name a file");

    /// <summary>
    /// Reads a file. Answers that do not stand in the context at their offset are counted, reported and left out of training; questions
    /// of which the file does not say whether they have an answer are counted, reported and left out wholly.
    /// </summary>
    /// <exception cref="InputException">The file cannot be read, is not of that shape, has no question, or an id twice.</exception>
    public static SquadDataset Read(string path)
    {
        var questions = new SquadQuestions();
        SquadArticle[] articles = IsTable(path) ? OfTable(path, questions) : OfJson(path, questions);
        return questions.Count > 0
            ? new SquadDataset(articles, questions.HasUnanswerable, questions.Skipped, questions.Notices(path))
            : throw new InputException($"there is no question{(questions.Unlabelled > 0 ? " that says whether it has an answer" : "")}: {path}; give a SQuAD file with questions and answers");
    }

    // An object is SQuAD's own file; anything else has a question a row.
    private static bool IsTable(string path)
    {
        if (Table.ExtensionOf(path) is ".jsonl" or ".ndjson" or ".parquet" or ".csv" or ".tsv")
            return true;
        using StreamReader reader = TextInput.Open(path);
        char[] start = new char[4096];
        return reader.ReadBlock(start) is var count && start.AsSpan(0, count).TrimStart() is ['[', ..] text && text[1..].TrimStart() is ['{', ..];
    }

    private static SquadArticle[] OfJson(string path, SquadQuestions questions)
    {
        using var document = JsonFile.ParseUnpacked(path);
        JsonCursor[] data = [.. new JsonCursor(document.RootElement, path).Member("data").Items()];
        return data.Any(item => item.Find("question") is not null) ? Group(data, questions) : [.. data.Select(a => Article(a, questions))];
    }

    private static SquadArticle Article(JsonCursor article, SquadQuestions questions) => new(
        article.Find("title")?.Text() ?? "",
        [.. article.Member("paragraphs").Items().Select(p => Paragraph(p, questions))]);

    private static SquadParagraph Paragraph(JsonCursor paragraph, SquadQuestions questions)
    {
        string context = paragraph.Member("context").Text();
        var offsets = new CodePointOffsets(context);
        return new SquadParagraph(context, [.. paragraph.Member("qas").Items().Select(q => questions.Read(q, offsets)).OfType<SquadQuestion>()]);
    }

    private static SquadArticle[] OfTable(string path, SquadQuestions questions)
    {
        Table table = Table.Open(path, new TableOptions());
        var root = new JsonCursor(default, path);
        return Group(table.Rows.Select(row => new JsonCursor(ElementOf(table, row), path, root, Index: row.Line - 1)), questions);
    }

    private static JsonElement ElementOf(Table table, TableRow row)
    {
        var json = new JsonObject();
        for (int column = 0; column < table.Columns.Count; column++)
        {
            if (row[column] is { } cell)
                json[table.Columns[column]] = row.IsList(column) ? JsonNode.Parse(cell) : cell;
        }
        return JsonSerializer.SerializeToElement(json);
    }

    // A paragraph's questions stand one after another, and a title's paragraphs.
    private static SquadArticle[] Group(IEnumerable<JsonCursor> rows, SquadQuestions questions)
    {
        var articles = new OrderedDictionary<string, OrderedDictionary<string, List<SquadQuestion>>>();
        CodePointOffsets? offsets = null;
        foreach (JsonCursor row in rows)
        {
            string context = row.Member("context").Text(), title = row.Find("title")?.Text() ?? "";
            if (offsets?.Context != context)
                offsets = new CodePointOffsets(context);
            if (questions.Read(row, offsets) is not { } question)
                continue;
            if (!articles.TryGetValue(title, out var paragraphs))
                articles[title] = paragraphs = [];
            if (!paragraphs.TryGetValue(context, out List<SquadQuestion>? asked))
                paragraphs[context] = asked = [];
            asked.Add(question);
        }
        return [.. articles.Select(article => new SquadArticle(article.Key, [.. article.Value.Select(p => new SquadParagraph(p.Key, p.Value))]))];
    }
}
