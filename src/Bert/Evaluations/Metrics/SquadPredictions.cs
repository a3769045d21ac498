using System.Text.Json;

namespace BareBert.Bert.Evaluations;

/// <summary>Reads the two files that SQuAD's evaluator takes beside the data: answers and no-answer probabilities by question.</summary>
public static class SquadPredictions
{
    /// <summary>Reads <c>{"question id": "answer text", …}</c>; where an id stands twice the last one counts.</summary>
    /// <exception cref="InputException">The file cannot be read or is not of that shape.</exception>
    public static Dictionary<string, string> Read(string path)
    {
        var answers = new Dictionary<string, string>();
        ReadObject(path, "an answer", JsonValueKind.String, (id, value) => answers[id] = value.GetString()!);
        return answers;
    }

    /// <summary>Reads <c>{"question id": probability, …}</c>, keeping the order of the file.</summary>
    /// <exception cref="InputException">The file cannot be read, is not of that shape, or a value is not a finite number.</exception>
    public static OrderedDictionary<string, double> ReadNoAnswerProbabilities(string path)
    {
        var probabilities = new OrderedDictionary<string, double>();
        ReadObject(path, "a no-answer probability", JsonValueKind.Number, (id, value) => probabilities[id] =
            value.TryGetDouble(out double p) && double.IsFinite(p)
                ? p
                : throw new InputException($"a no-answer probability is not a finite number: {path}, {Printable.Quote(id)}; write a plain number"));
        return probabilities;
    }

    private static void ReadObject(string path, string what, JsonValueKind kind, Action<string, JsonElement> add)
    {
        using var document = JsonFile.Parse(path);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
            throw new InputException($"not a JSON object: {path}; write {{\"question id\": {what}, …}}");
        foreach (var property in document.RootElement.EnumerateObject())
        {
            string id = JsonFile.Guard(path, "$", () => property.Name);
            if (property.Value.ValueKind != kind)
                throw new InputException($"{what} is not a {kind.ToString().ToLowerInvariant()}: {path}, {Printable.Quote(id)}; write {{\"question id\": {what}, …}}");
            JsonFile.Guard(path, id, () => { add(id, property.Value); return true; });
        }
    }
}
