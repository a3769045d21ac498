using System.CommandLine;
using System.Text.Json.Nodes;
using BareBert.Cli.Display;

namespace BareBert.Cli.Tasks;

/// <summary>Classes of words.</summary>
internal sealed class TokenClassificationCommands : TaskCommands
{
    public override FineTuningDefinition Task => BertTasks.TokenClassification;

    public override (string, string) Use => ("tells the classes of words", Texts);

    public override EvaluationKind Kind { get; } = new("a model for classes of words", "--max-length");

    public override IRecordOptions Training { get; } = new RecordOptions<TokenClassificationOptions>(new TokenClassificationOptions());

    public override void Predict(ParseResult parsed, PredictInput input, CancellationToken cancel)
    {
        (string Text, string? Second)[] texts = input.Texts();
        if (texts.Any(text => text.Second is not null))
            throw new InputException("--pairs is for pairs of texts: this model tells the classes of one text's words; leave it out");
        using TokenClassifier classifier = TokenClassifier.Open(input.Model, input.Options);
        (string Text, IReadOnlyList<LabelledWord> Words)[] said = [.. texts.Select(text => (text.Text, classifier.Predict(text.Text, cancel)))];
        if (input.IsJson)
        {
            JsonOutput.Print(new JsonObject { ["model"] = input.Path, ["predictions"] = new JsonArray([.. said.Select(one => (JsonNode)Json(one.Text, one.Words))]) });
            return;
        }
        foreach ((_, IReadOnlyList<LabelledWord> words) in said)
        {
            foreach (LabelledWord word in words)
                Console.WriteLine($"{word.Word}\t{word.Label}\t{word.Score:F4}");
            Console.WriteLine();
        }
    }

    public override void PredictRows(ParseResult parsed, PredictInput input, Action<RowPredictor> run)
    {
        using TokenClassifier classifier = TokenClassifier.Open(input.Model, input.Options);
        run(RowPredictor.Of(classifier));
    }

    public override void AddEvaluating(Command verb, EvaluationUses uses)
    {
    }

    public override void Evaluate(ParseResult parsed, EvaluateInput input, CancellationToken cancel)
    {
        if (input.Data is not [string data])
            throw new InputException("classes of words are evaluated on one CoNLL file or a folder of them: give it with --data");
        using TokenClassifier classifier = TokenClassifier.Open(input.Model, input.Options);
        EvaluationOutput.Print([.. classifier.Evaluate(data, cancel).Select(outcome => outcome.ToEvaluation())], input.Path, data, input.IsJson);
    }

    private static JsonObject Json(string text, IReadOnlyList<LabelledWord> words) => new()
    {
        ["text"] = text,
        ["words"] = new JsonArray([.. words.Select(word => (JsonNode)new JsonObject { ["word"] = word.Word, ["label"] = word.Label, ["score"] = word.Score })]),
        ["entities"] = new JsonArray([.. TokenOutcome.Entities([.. words.Select(word => word.Label)]).Select(entity => (JsonNode)new JsonObject
        {
            ["type"] = entity.Type, ["text"] = string.Join(' ', words.Skip(entity.Start).Take(entity.End - entity.Start).Select(word => word.Word)),
        })]),
    };
}
