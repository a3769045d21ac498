using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BareBert.Bert.Tasks;

/// <summary>
/// A model's answers as files: what SQuAD's evaluators take, and the candidates behind each answer. The names are those of
/// transformers' run_qa; its null_odds.json is a difference of scores, na_prob.json the logistic function of it.
/// </summary>
public static class QaAnswerFiles
{
    /// <summary>{"question id": "answer"}: the evaluators' predictions file.</summary>
    public const string Predictions = "predictions.json";

    /// <summary>{"question id": probability}: the na-prob-file of v2.0's evaluator.</summary>
    public const string NoAnswer = "na_prob.json";

    /// <summary>{"question id": [candidates, the best first]}.</summary>
    public const string NBest = "nbest_predictions.json";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the answers to all questions.</summary>
    /// <param name="folder">Made where it is missing; files of these names are replaced.</param>
    /// <param name="outcome">The answers.</param>
    /// <param name="threshold">Above it a question is answered with nothing; null: every question is answered.</param>
    /// <param name="nBest">Candidates of a question.</param>
    /// <returns>The files' paths, for a message.</returns>
    /// <exception cref="RunException">They cannot be written.</exception>
    public static string Write(string folder, QaOutcome outcome, double? threshold, int nBest)
    {
        // "No answer" is one of the candidates wherever it can be the answer.
        bool mayHaveNone = threshold is not null || outcome.Data.HasUnanswerable;
        List<(string Name, JsonObject Content)> files =
        [
            (Predictions, Object(outcome.Answers(threshold), answer => answer)),
            (NBest, Object(outcome.ById(p => p), p => ListOf(mayHaveNone ? p.WithNoAnswer(nBest) : p.Candidates))),
        ];
        if (mayHaveNone)
            files.Add((NoAnswer, Object(outcome.NoAnswerProbabilities(), probability => probability)));
        foreach ((string name, JsonObject content) in files)
            AtomicFile.WriteText(Path.Combine(folder, name), content.ToJsonString(Indented) + "\n");
        return string.Join(", ", files.Select(file => Path.Combine(folder, file.Name)));
    }

    /// <summary>Candidates with their places in the context, in characters; "no answer" has an empty text.</summary>
    public static JsonArray ListOf(IEnumerable<QaCandidate> candidates) => new([.. candidates.Select(c => (JsonNode)new JsonObject
    {
        ["text"] = c.Text, ["start"] = c.Start, ["end"] = c.End, ["probability"] = c.Probability, ["score"] = c.Score,
    })]);

    private static JsonObject Object<T>(OrderedDictionary<string, T> values, Func<T, JsonNode?> json) =>
        new(values.Select(value => KeyValuePair.Create(value.Key, json(value.Value))));
}
