using System.Text.Json.Nodes;

namespace BareBert.Bert.Tasks;

/// <summary>Something that a model says of a row of a table.</summary>
/// <param name="Name">Of the column that it gets.</param>
/// <param name="Value">As JSON has it; null where there is none.</param>
/// <param name="Text">As a cell has it.</param>
internal readonly record struct PredictedField(string Name, JsonNode? Value, string Text)
{
    /// <summary>A word or text.</summary>
    public static PredictedField Of(string name, string text) => new(name, text, text);

    /// <summary>A number.</summary>
    public static PredictedField Of(string name, double value) => new(name, value, value.ToString("G9", System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Words, parted in a cell.</summary>
    public static PredictedField Of(string name, IEnumerable<string> words, string separator)
    {
        string[] all = [.. words];
        return new(name, new JsonArray([.. all.Select(word => (JsonNode)word)]), string.Join(separator, all));
    }
}
