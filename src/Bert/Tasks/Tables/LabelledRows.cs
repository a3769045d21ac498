using System.Text.Json;
using System.Text.Json.Nodes;

namespace BareBert.Bert.Tasks;

/// <summary>Classes of the words of a table's texts.</summary>
internal sealed class LabelledRows(TokenClassifier classifier) : RowPredictor
{
    private int _column;

    internal override IReadOnlyList<string> Names { get; } = ["predicted_labels", "predicted_entities"];

    internal override void Choose(Table table, TableOptions options)
    {
        string[] lists = ["tokens", "words"];
        string? words = options.TextColumn ?? table.Columns.FirstOrDefault(lists.Contains);
        _column = ColumnChoice.Of(table, options with { TextColumn = words }, LabelNeed.None).Text;
    }

    internal override bool CanRead(TableRow row) => row[_column] is { } cell && (!row.IsList(_column) || WordsOf(cell) is not null);

    internal override IReadOnlyList<PredictedField[]> Predict(IReadOnlyList<TableRow> rows, CancellationToken cancel)
    {
        IReadOnlyList<string>[] texts = [.. rows.Select(row => row.IsList(_column) ? WordsOf(row[_column]!)! : row[_column]!.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))];
        return [.. classifier.Predict(texts, cancel).Select(words =>
        {
            string[] labels = [.. words.Select(word => word.Label)];
            var entities = new JsonArray([.. TokenOutcome.Entities(labels).Select(entity => (JsonNode)new JsonObject
            {
                ["type"] = entity.Type, ["text"] = string.Join(' ', words.Skip(entity.Start).Take(entity.End - entity.Start).Select(word => word.Word)),
                ["start"] = entity.Start, ["end"] = entity.End,
            })]);
            return (PredictedField[])[PredictedField.Of("predicted_labels", labels, " "), new PredictedField("predicted_entities", entities, entities.ToJsonString(TablePredictions.Json))];
        })];
    }

    private static string[]? WordsOf(string cell)
    {
        try
        {
            return JsonSerializer.Deserialize<string?[]>(cell) is { } words && words.All(word => word is not null) ? [.. words.OfType<string>()] : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
