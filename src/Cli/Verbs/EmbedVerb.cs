using System.CommandLine;
using System.Text.Json.Nodes;
using BareBert.Cli.Display;

namespace BareBert.Cli.Verbs;

/// <summary>barebert embed: a vector for every text.</summary>
internal static class EmbedVerb
{
    public const string Help = """
        Turn texts into vectors: the last layer's output, of the first token or the mean over all. A folder that says how its vectors are
        made, as sentence-transformers writes it (modules.json), is heeded.

        Examples:
          barebert embed --model runs/wiki --pooling mean "The cat sat on the mat." "A dog barked."
          barebert embed --model all-MiniLM-L6-v2/ --file sentences.txt --out vectors.npy
          barebert embed --model e5-small-v2/ --prompt "query: " "how much protein a day"
        """;

    public static Command Create()
    {
        var text = new Argument<string[]>("text") { Description = "Texts; unless given, the lines of --file or of standard input.", Arity = ArgumentArity.ZeroOrMore };
        Option<string> model = CommonOptions.Model();
        var file = new Option<string?>("--file") { Description = "A file with a text on every line.", HelpName = "FILE" };
        var how = new EmbeddingArguments();
        var output = new Option<string?>("--out") { Description = "A .npy file for the vectors, [texts, C] of float32; unless given, JSON is printed.", HelpName = "FILE.npy" };
        Option<int?> maxLength = CommonOptions.MaxLength("The most tokens of a text; unless given, what the model was trained with.");
        Option<bool> json = CommonOptions.Json();
        var compute = new ComputeOptions();
        var verb = new Command("embed", Help) { text, model, file };
        how.AddTo(verb);
        how.AddPromptsTo(verb);
        foreach (Option option in (Option[])[output, maxLength, json])
            verb.Options.Add(option);
        compute.AddTo(verb);
        verb.Validators.Add(result =>
        {
            if (result.GetResult(output) is { Tokens: [{ Value: { Length: > 0 } file }] } && !file.EndsWith(".npy", StringComparison.OrdinalIgnoreCase))
                result.AddError($"--out {file} is not written: vectors are written as .npy, which NumPy reads; give a name that ends so, or leave it out for JSON");
        });
        verb.SetAction((parsed, cancel) =>
        {
            IReadOnlyList<string> texts = Texts.From(parsed.GetValue(text)!, parsed.GetValue(file));
            using TextEmbedder embedder = TextEmbedder.Open(parsed.GetValue(model)!, compute.Read(parsed, parsed.GetValue(maxLength)), how.ChangeOf(parsed));
            float[][] vectors = how.PromptOf(parsed, embedder) is string prompt ? embedder.Embed(texts, prompt, cancel) : embedder.Embed(texts, cancel);
            Print(embedder, texts, vectors, parsed.GetValue(model)!, parsed.GetValue(output), parsed.GetValue(json));
            return Task.FromResult(ExitCodes.Success);
        });
        return verb;
    }

    private static void Print(TextEmbedder embedder, IReadOnlyList<string> texts, float[][] vectors, string path, string? output, bool isJson)
    {
        var json = new JsonObject { ["model"] = path, ["pooling"] = embedder.Modules.Pooling.ToString().ToLowerInvariant(), ["normalized"] = embedder.Modules.Normalizes };
        if (output is not null)
        {
            NpyFile.Write(output, vectors, embedder.Width);
            (json["out"], json["vectors"], json["width"]) = (output, vectors.Length, embedder.Width);
            if (isJson)
                JsonOutput.Print(json);
            else
                Console.WriteLine($"{output}: {vectors.Length:N0} vectors of {embedder.Width}");
            return;
        }
        json["embeddings"] = new JsonArray([.. texts.Zip(vectors, (text, vector) => (JsonNode)new JsonObject
        {
            ["text"] = text, ["vector"] = new JsonArray([.. vector.Select(x => (JsonNode)x)]),
        })]);
        JsonOutput.Print(json);
    }
}
