using System.CommandLine;
using System.Text.Json.Nodes;
using BareBert.Bert;
using BareBert.Cli.Display;
using BareBert.Kernels;

namespace BareBert.Cli.Verbs;

/// <summary>barebert predict: the classes of texts, or the answer to a question.</summary>
internal static class PredictVerb
{
    private const string Help = """
        Tell the classes of texts, or the answer to a question about a context, with a fine-tuned model.

        Examples:
          barebert predict --model runs/finetune-1 "It was good." "Not a fan."
          barebert predict --model runs/finetune-1 --file reviews.txt --json
          barebert predict --model runs/squad --question "Who wrote it?" --context "It was written by Ada Lovelace." --n-best 5
          cut -f1,2 pairs.tsv | barebert predict --model runs/mnli --pairs
        """;

    public static Command Create()
    {
        var text = new Argument<string[]>("text") { Description = "Texts; unless given, the lines of --file or of standard input.", Arity = ArgumentArity.ZeroOrMore };
        Option<string> model = ModelOptions.Model();
        var file = new Option<string?>("--file") { Description = "A file with a text on every line.", HelpName = "FILE" };
        var pairs = new Option<bool>("--pairs") { Description = "Every text is two, with a tab between." };
        Option<int?> maxLength = CommonOptions.MaxLength("The most tokens of a text, or of a window of the context; unless given, what the model was trained with.");
        Option<bool> json = CommonOptions.Json();
        var question = new Option<string?>("--question") { Description = "A question to answer from --context.", HelpName = "TEXT" };
        var context = new Option<string?>("--context") { Description = "The text that holds the answer.", HelpName = "TEXT" };
        var compute = new ComputeOptions();
        var verb = new Command("predict", Help) { text, model, file, pairs, maxLength, json, question, context };
        var answering = new QaOptions();
        answering.AddTo(verb);
        compute.AddTo(verb);
        verb.Validators.Add(result =>
        {
            if (result.GetValue(question) is null != result.GetValue(context) is null)
                result.AddError("--question and --context belong together: give both");
        });
        verb.SetAction((parsed, cancel) =>
        {
            string path = parsed.GetValue(model)!;
            RequireTask(path, asksQuestion: parsed.GetValue(question) is not null);
            bool isJson = parsed.GetValue(json), isPairs = parsed.GetValue(pairs);
            if (parsed.GetValue(question) is string asked)
            {
                using IKernels device = compute.Open(parsed);
                QaAnswering.Run(device, path, asked, parsed.GetValue(context)!, parsed.GetValue(maxLength), answering.Read(parsed), isJson);
                return Task.FromResult(ExitCodes.Success);
            }
            (string, string?)[] inputs =
                [.. Texts.From(parsed.GetValue(text)!, parsed.GetValue(file)).Select((text, i) => isPairs ? Pair(text, i) : (text, (string?)null))];
            using IKernels kernels = compute.Open(parsed);
            return Task.FromResult(Run(kernels, inputs, path, parsed.GetValue(maxLength), isJson, cancel));
        });
        return verb;
    }

    private static int Run(IKernels kernels, (string, string?)[] inputs, string path, int? maxLength, bool isJson, CancellationToken cancel)
    {
        using BertModel model = ModelOptions.Load(kernels, path, BertTasks.Classification);
        using var classifier = new TextClassifier(kernels, model, ModelOptions.MaxLength(path, model, maxLength));
        IReadOnlyList<TextPrediction> predictions = classifier.Predict(inputs, cancel);
        if (isJson)
        {
            JsonOutput.Print(new JsonObject
            {
                ["model"] = path,
                ["predictions"] = new JsonArray([.. predictions.Select(p => (JsonNode)ClassificationResult.JsonOf(p, classifier.LabelNames))]),
            });
            return ExitCodes.Success;
        }
        foreach (TextPrediction prediction in predictions)
        {
            string all = string.Join("  ", classifier.LabelNames.Select((name, c) => $"{name} {prediction.Probabilities[c]:F4}"));
            Console.WriteLine($"{prediction.Label}\t{prediction.Score:F4}\t{all}\t{prediction.Text}{(prediction.Text2 is null ? "" : "\t" + prediction.Text2)}");
        }
        return ExitCodes.Success;
    }

    private static void RequireTask(string path, bool asksQuestion)
    {
        TaskDefinition? task = BertTasks.Of(ModelFolder.Open(path));
        if (task == BertTasks.QuestionAnswering && !asksQuestion)
            throw new InputException($"{path} answers questions: give --question and --context instead of texts");
        if (task == BertTasks.Classification && asksQuestion)
            throw new InputException($"{path} tells the classes of texts: give texts instead of --question and --context");
    }

    private static (string, string?) Pair(string text, int index) => text.Split('\t') is [var first, var second] ? (first, second)
        : throw new InputException($"not two texts with a tab between: text {index + 1}; leave --pairs out for single texts");
}
