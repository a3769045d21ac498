using System.Globalization;
using System.Text.Json;

namespace BareBert.Bert.Data;

/// <summary>Reads a folder of queries, documents and judgements as BEIR has them: corpus.jsonl, queries.jsonl, qrels/test.tsv.</summary>
/// <remarks>Thakur et al. 2021, arXiv:2104.08663.</remarks>
internal static class RetrievalReader
{
    private const string Corpus = "corpus.jsonl", Queries = "queries.jsonl", Judgements = "qrels";

    // In a training part nothing is measured.
    private static readonly string[] Splits = ["valid", "dev", "test"];

    /// <summary>Whether a folder is such a one.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, Corpus)) && File.Exists(Path.Combine(folder, Queries));

    /// <summary>Reads the parts that are there: valid, dev, test. Queries without a wanted document are left out.</summary>
    /// <exception cref="InputException">A file is missing or wrong, or a judgement names what is not there.</exception>
    public static IReadOnlyList<(string Split, RetrievalData Data)> Read(string folder)
    {
        (string[] documentIds, string[] documents) = ReadTexts(Path.Combine(folder, Corpus));
        (string[] queryIds, string[] queries) = ReadTexts(Path.Combine(folder, Queries));
        string[] splits = [.. Splits.Where(split => File.Exists(JudgementsOf(folder, split)))];
        if (splits.Length == 0)
            throw new InputException($"nothing says what is to be found: {Path.Combine(folder, Judgements)} has no test.tsv; give query, document and score on every line");
        Dictionary<string, int> documentPlaces = Places(documentIds, folder), queryPlaces = Places(queryIds, folder);
        return [.. splits.Select(split =>
        {
            SortedDictionary<int, Dictionary<int, double>> wanted = ReadJudgements(JudgementsOf(folder, split), queryPlaces, documentPlaces);
            return (split, new RetrievalData([.. wanted.Keys.Select(q => queries[q])], documents, [.. wanted.Values]));
        })];
    }

    private static string JudgementsOf(string folder, string split) => Path.Combine(folder, Judgements, split + ".tsv");

    private static Dictionary<string, int> Places(string[] ids, string folder)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < ids.Length; i++)
        {
            if (!places.TryAdd(ids[i], i))
                throw new InputException($"two texts have one name: {Printable.Quote(ids[i])} in {folder}; give each its own _id");
        }
        return places;
    }

    private static (string[] Ids, string[] Texts) ReadTexts(string path)
    {
        List<string> ids = [], texts = [];
        int line = 0;
        foreach (string row in TextFile.Read(path).Text.Split('\n'))
        {
            line++;
            if (string.IsNullOrWhiteSpace(row))
                continue;
            (string id, string text) = ReadText(row, path, $"line {line}");
            ids.Add(id);
            texts.Add(text);
        }
        return ids.Count > 0 ? ([.. ids], [.. texts]) : throw new InputException($"no text: {path} is empty; write one JSON object a line");
    }

    private static (string Id, string Text) ReadText(string row, string path, string where)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(row);
            return JsonFile.Guard(path, where, () =>
            {
                string? Field(string name) => json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
                if (Field("_id") is not string id || Field("text") is not string text)
                    throw new InputException($"no _id or no text: {path}, {where}; write {{\"_id\": \"…\", \"text\": \"…\"}}");
                return (id, $"{Field("title")} {text}".Trim());
            });
        }
        catch (JsonException e)
        {
            throw JsonFile.NotJson($"{path}, {where}", e);
        }
    }

    private static SortedDictionary<int, Dictionary<int, double>> ReadJudgements(string path, Dictionary<string, int> queries, Dictionary<string, int> documents)
    {
        var wanted = new SortedDictionary<int, Dictionary<int, double>>();
        string[] lines = TextFile.Read(path).Text.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string[] cells = lines[i].TrimEnd('\r').Split('\t');
            if (cells is [""] || (i == 0 && cells is ["query-id", ..]))
                continue;
            if (cells is not [string query, string document, string worth] || !double.TryParse(worth, NumberStyles.Float, CultureInfo.InvariantCulture, out double gain) || !double.IsFinite(gain))
                throw new InputException($"no judgement: {path}, line {i + 1}: {Printable.Quote(lines[i])}; give query, document and score, parted by tabs");
            if (!queries.TryGetValue(query, out int q) || !documents.TryGetValue(document, out int d))
                throw new InputException($"a judgement of what is not there: {path}, line {i + 1}: {Printable.Quote(queries.ContainsKey(query) ? document : query)}; mend it, or give that text");
            if (gain > 0)
                (wanted.TryGetValue(q, out Dictionary<int, double>? own) ? own : wanted[q] = [])[d] = gain;
        }
        return wanted.Count > 0 ? wanted : throw new InputException($"nothing is wanted: {path} has no judgement above 0; give some");
    }
}
