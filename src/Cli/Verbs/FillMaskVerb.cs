using System.CommandLine;
using System.Text.Json.Nodes;
using BareBert.Cli.Display;

namespace BareBert.Cli.Verbs;

/// <summary>barebert fill-mask: the likeliest words for each [MASK].</summary>
internal static class FillMaskVerb
{
    public const string Help = """
        Guess the words that [MASK] stands for.

        Examples:
          barebert fill-mask --model runs/pretrain-1 "The capital of France is [MASK]."
          barebert fill-mask --model bert-base-uncased/ --top 10 --json "The [MASK] sat on the mat."
        """;

    public static Command Create()
    {
        var text = new Argument<string[]>("text") { Description = "Texts with [MASK]; unless given, lines of standard input.", Arity = ArgumentArity.ZeroOrMore };
        Option<string> model = CommonOptions.Model();
        Option<int> top = CommonOptions.Positive("--top", "How many guesses.", 5, "guesses");
        Option<bool> json = CommonOptions.Json();
        var compute = new ComputeOptions();
        var verb = new Command("fill-mask", Help) { text, model, top, json };
        compute.AddTo(verb);
        verb.SetAction((parsed, cancel) =>
        {
            IReadOnlyList<string> texts = Texts.FromArgumentsOrInput(parsed.GetValue(text)!);
            using MaskFiller filler = MaskFiller.Open(parsed.GetValue(model)!, compute.Read(parsed));
            return Task.FromResult(Run(filler, texts, parsed.GetValue(model)!, parsed.GetValue(top), parsed.GetValue(json), cancel));
        });
        return verb;
    }

    private static int Run(MaskFiller filler, IReadOnlyList<string> texts, string path, int top, bool isJson, CancellationToken cancel)
    {
        var results = new JsonArray();
        foreach ((int index, string text) in texts.Index())
        {
            cancel.ThrowIfCancellationRequested();
            IReadOnlyList<FilledMask> masks;
            try
            {
                masks = filler.Fill(text, top);
            }
            catch (InputException e) when (texts.Count > 1)
            {
                throw new InputException($"text {index + 1}: {e.Message}", e);
            }
            if (isJson)
                results.Add(Json(text, masks));
            else
                Print(text, masks, texts.Count > 1);
        }
        if (isJson)
            JsonOutput.Print(new JsonObject { ["model"] = path, ["texts"] = results });
        return ExitCodes.Success;
    }

    private static void Print(string text, IReadOnlyList<FilledMask> masks, bool showText)
    {
        if (showText)
            Console.WriteLine(text);
        for (int i = 0; i < masks.Count; i++)
        {
            if (masks.Count > 1)
                Console.WriteLine($"[MASK] {i + 1}");
            foreach (MaskGuess guess in masks[i].Guesses)
                Console.WriteLine($"  {guess.Probability,7:P2}  {guess.Token}");
        }
    }

    private static JsonObject Json(string text, IReadOnlyList<FilledMask> masks) => new()
    {
        ["text"] = text,
        ["masks"] = new JsonArray([.. masks.Select(mask => (JsonNode)new JsonObject
        {
            ["position"] = mask.Position,
            ["guesses"] = new JsonArray([.. mask.Guesses.Select(g => (JsonNode)new JsonObject
            {
                ["token"] = g.Token, ["id"] = g.Id, ["probability"] = g.Probability,
            })]),
        })]),
    };
}
