using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using BareBert.Bert.Explanations;
using BareBert.Cli.Display;

namespace BareBert.Cli.Verbs;

/// <summary>barebert explain: a page that shows what happens in a model while it answers.</summary>
internal static class ExplainVerb
{
    public const string Help = """
        Look into a model while it answers: where each head of each layer looks, what each layer would already answer, and which
        tokens the answer rests on (gradient times input, integrated gradients). Written as one page that needs nothing else.

        Examples:
          barebert explain --model runs/wiki "The capital of France is [MASK]." --out page.html
          barebert explain --model runs/imdb "It was good." --compare runs/wiki
          barebert explain --model runs/squad --question "Who wrote it?" --context "It was written by Ada Lovelace."
          barebert explain --model runs/imdb "It was good." --target neg --json
        """;

    public static Command Create()
    {
        var text = new Argument<string?>("text") { Description = "The text; [MASK] where a word is to be guessed.", Arity = ArgumentArity.ZeroOrOne };
        Option<string> model = CommonOptions.Model();
        var pair = new Option<string?>("--pair") { Description = "A second text, for models of pairs.", HelpName = "TEXT" };
        var question = new Option<string?>("--question") { Description = "A question to answer from --context.", HelpName = "TEXT" };
        var context = new Option<string?>("--context") { Description = "The text that holds the answer.", HelpName = "TEXT" };
        var compare = new Option<string?>("--compare") { Description = "Another model beside it: the same before fine-tuning, say.", HelpName = "DIR" };
        var target = new Option<string?>("--target") { Description = "The answer that is explained: a class, a token of the vocabulary, words of the context; unless given, the likeliest.", HelpName = "ANSWER" };
        Option<int> points = CommonOptions.Positive("--points", "Points on the way of integrated gradients: more leave less unexplained.", new ExplainerOptions().Points, "points");
        var output = new Option<string?>("--out") { Description = "The page; unless given, explanation.html, or with --json none.", HelpName = "FILE.html" };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace a file of that name." };
        Option<bool> json = CommonOptions.Json();
        Option<int?> maxLength = CommonOptions.MaxLength($"The most tokens; up to {Explainer.MostTokens}.");
        var compute = new ComputeOptions(canBeInt8: false);
        var verb = new Command("explain", Help) { text, model, pair, question, context, compare, target, points, maxLength, output, overwrite, json };
        compute.AddTo(verb);
        verb.Validators.Add(result =>
        {
            if (result.GetValue(question) is null != result.GetValue(context) is null)
                result.AddError("--question and --context belong together: give both");
            else if (result.GetValue(text) is null == result.GetValue(question) is null)
                result.AddError("one text is explained: give it, or --question and --context");
            else if (result.GetValue(question) is not null && result.GetValue(pair) is not null)
                result.AddError("--pair is for texts, not for questions: leave it out");
        });
        verb.SetAction((parsed, cancel) =>
        {
            bool isJson = parsed.GetValue(json);
            string? page = parsed.GetValue(output) ?? (isJson ? null : "explanation.html");
            if (page is not null && Path.Exists(page) && !parsed.GetValue(overwrite))
                throw new InputException($"there is something already: {page}; give another --out, or --overwrite to replace it");
            (string first, string? second) = parsed.GetValue(text) is string only ? (only, parsed.GetValue(pair)) : (parsed.GetValue(question)!, parsed.GetValue(context));
            var options = new ExplainerOptions { Target = parsed.GetValue(target), Points = parsed.GetValue(points) };
            string[] paths = parsed.GetValue(compare) is string other ? [parsed.GetValue(model)!, other] : [parsed.GetValue(model)!];
            Explanation[] explanations = [.. paths.Select((path, i) =>
            {
                using Explainer explainer = Explainer.Open(path, compute.Read(parsed, parsed.GetValue(maxLength)));
                return explainer.Explain(first, second, options with { AllowsNoAnswer = i > 0 }, cancel) with { Model = path };
            })];
            foreach (Explanation unanswered in explanations.Where(e => e.Attribution is null && e.Task == BertTasks.MaskedLm.Name))
                Notes.Print($"{unanswered.Model} guesses masked words, and the text has no {Vocabulary.MaskToken}: where it looks is shown, and no answers");
            foreach (Explanation cut in explanations.Where(e => e.Truncated))
                Notes.Print($"{cut.Model} read {cut.Tokens.Count} tokens: what is over that was left out");
            if (page is not null)
                ExplanationPage.Save(page, $"{first} · {string.Join(", ", paths)}", explanations);
            if (isJson)
                JsonOutput.Print(new JsonObject { ["page"] = page, ["explanations"] = new JsonArray([.. explanations.Select(e => (JsonNode)ExplanationJson.Write(e))]) });
            else
                Print(explanations, page!);
            return Task.FromResult(ExitCodes.Success);
        });
        return verb;
    }

    private static string Signed(double value) => (Math.Round(value, 3) + 0.0).ToString("+0.000;-0.000;0.000", CultureInfo.InvariantCulture);

    private static void Print(Explanation[] explanations, string page)
    {
        foreach (Explanation explanation in explanations)
        {
            Console.WriteLine(explanation.Model);
            foreach (ExplainedAnswer answer in explanation.Layers is [.., var last] ? last.Answers : [])
                Console.WriteLine($"  {answer.Probability,7:P2}  {answer.Text}");
            if (explanation.Attribution is not { } attribution)
                continue;
            Console.WriteLine($"  \"{attribution.Target}\" rests on: " + string.Join(", ", explanation.Tokens.Zip(attribution.IntegratedGradients).OrderByDescending(t => Math.Abs(t.Second)).Take(5).Select(t => $"{t.First.Text} {Signed(t.Second)}"))
                + $" (unexplained {Signed(attribution.Residual)} of {Signed(attribution.Logit - attribution.BaselineLogit)})");
        }
        Console.WriteLine($"the page is {page}");
    }
}
