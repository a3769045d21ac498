using System.CommandLine;
using System.Text.Json.Nodes;
using BareBert.Cli.Display;

namespace BareBert.Cli.Verbs;

/// <summary>barebert similarity: which texts are alike.</summary>
internal static class SimilarityVerb
{
    public const string Help = """
        Compare the first text with the others, the most alike first: by the cosine of their vectors, or as the model says.
        With --file the first text is a search among its lines; where the model has prompts for queries and documents, they are put before them.

        Examples:
          barebert similarity --model all-MiniLM-L6-v2/ "A dog barks." "Two dogs bark." "It rains."
          barebert similarity --model runs/embedding "how do I reset my password" --file answers.txt --top 5
          barebert similarity --model e5-small-v2/ --query-prompt "query: " --document-prompt "passage: " "protein a day" --file answers.txt
        """;

    private const int UsualTop = 10;

    public static Command Create()
    {
        var text = new Argument<string[]>("text") { Description = "The text that others are compared with, and unless --file is given, those others.", Arity = ArgumentArity.OneOrMore };
        Option<string> model = CommonOptions.Model();
        var file = new Option<string?>("--file") { Description = "Compare with the lines of this file.", HelpName = "FILE" };
        Option<int> top = CommonOptions.Positive("--top", "How many are printed.", UsualTop, "texts");
        var how = new EmbeddingArguments();
        Option<int?> maxLength = CommonOptions.MaxLength("The most tokens of a text; unless given, what the model was trained with.");
        Option<bool> json = CommonOptions.Json();
        var compute = new ComputeOptions();
        var verb = new Command("similarity", Help) { text, model, file, top };
        foreach (Option option in how.OfSearch)
            verb.Options.Add(option);
        verb.Options.Add(maxLength);
        verb.Options.Add(json);
        compute.AddTo(verb);
        verb.SetAction((parsed, cancel) =>
        {
            string[] texts = parsed.GetValue(text)!;
            bool isSearch = parsed.GetValue(file) is not null;
            if (isSearch == texts.Length > 1)
                throw new InputException(isSearch ? "texts to compare with are given twice: as arguments and with --file; leave one out" : "nothing to compare with: give more texts, or a --file of them");
            if (!isSearch && how.OfSearchAlone.FirstOrDefault(option => CommonOptions.IsGiven(parsed.CommandResult, option)) is { } unused)
                throw new InputException($"{unused.Name} is for a search: give the texts that are searched with --file, or leave it out");
            IReadOnlyList<string> others = isSearch ? Texts.From([], parsed.GetValue(file)) : texts[1..];
            using TextEmbedder embedder = TextEmbedder.Open(parsed.GetValue(model)!, compute.Read(parsed, parsed.GetValue(maxLength)), how.ChangeOf(parsed));
            IReadOnlyList<SimilarText> found = isSearch ? embedder.Search(texts[0], others, cancel) : embedder.Compare(texts[0], others, cancel);
            Print([.. found.Take(parsed.GetValue(top))], parsed.GetValue(model)!, texts[0], parsed.GetValue(json));
            return Task.FromResult(ExitCodes.Success);
        });
        return verb;
    }

    private static void Print(IReadOnlyList<SimilarText> found, string model, string text, bool isJson)
    {
        if (isJson)
        {
            JsonOutput.Print(new JsonObject
            {
                ["model"] = model,
                ["text"] = text,
                ["similar"] = new JsonArray([.. found.Select(f => (JsonNode)new JsonObject { ["index"] = f.Index, ["text"] = f.Text, ["score"] = f.Score })]),
            });
            return;
        }
        foreach (SimilarText one in found)
            Console.WriteLine($"{one.Score:F4}\t{one.Text}");
    }
}
