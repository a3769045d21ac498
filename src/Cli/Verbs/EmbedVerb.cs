using System.CommandLine;
using System.Text.Json.Nodes;
using BareBert.Cli.Display;

namespace BareBert.Cli.Verbs;

/// <summary>barebert embed: a vector for every text.</summary>
internal static class EmbedVerb
{
    private const string Help = """
        Turn texts into vectors: the last layer's output, of the first token or the mean over all.

        Examples:
          barebert embed --model runs/wiki --pooling mean "The cat sat on the mat." "A dog barked."
          barebert embed --model bert-base-uncased/ --file sentences.txt --out vectors.npy
        """;

    public static Command Create()
    {
        var text = new Argument<string[]>("text") { Description = "Texts; unless given, the lines of --file or of standard input.", Arity = ArgumentArity.ZeroOrMore };
        Option<string> model = CommonOptions.Model();
        var file = new Option<string?>("--file") { Description = "A file with a text on every line.", HelpName = "FILE" };
        Option<Choice<Pooling>> pooling = Choice<Pooling>.Option("--pooling", "cls: the first token's vector; mean: the mean over all tokens.");
        var output = new Option<string?>("--out") { Description = "A .npy file for the vectors, [texts, C] of float32; unless given, JSON is printed.", HelpName = "FILE.npy" };
        Option<int?> maxLength = CommonOptions.MaxLength("The most tokens of a text; unless given, what the model was trained with.");
        Option<bool> json = CommonOptions.Json();
        var compute = new ComputeOptions();
        var verb = new Command("embed", Help) { text, model, file, pooling, output, maxLength, json };
        compute.AddTo(verb);
        verb.SetAction((parsed, cancel) =>
        {
            IReadOnlyList<string> texts = Texts.From(parsed.GetValue(text)!, parsed.GetValue(file));
            using TextEmbedder embedder = TextEmbedder.Open(parsed.GetValue(model)!, compute.Read(parsed, parsed.GetValue(maxLength)));
            return Task.FromResult(Run(embedder, texts, parsed.GetValue(model)!, parsed.GetValue(pooling), parsed.GetValue(output), parsed.GetValue(json), cancel));
        });
        return verb;
    }

    private static int Run(TextEmbedder embedder, IReadOnlyList<string> texts, string path, Pooling pooling, string? output, bool isJson, CancellationToken cancel)
    {
        float[][] vectors = embedder.Embed(texts, pooling, cancel);
        if (output is not null)
        {
            NpyFile.Write(output, vectors, embedder.Width);
            if (isJson)
                JsonOutput.Print(new JsonObject { ["model"] = path, ["pooling"] = pooling.ToString().ToLowerInvariant(), ["out"] = output, ["vectors"] = vectors.Length, ["width"] = embedder.Width });
            else
                Console.WriteLine($"{output}: {vectors.Length:N0} vectors of {embedder.Width}");
            return ExitCodes.Success;
        }
        JsonOutput.Print(new JsonObject
        {
            ["model"] = path,
            ["pooling"] = pooling.ToString().ToLowerInvariant(),
            ["embeddings"] = new JsonArray([.. texts.Zip(vectors, (text, vector) => (JsonNode)new JsonObject
            {
                ["text"] = text, ["vector"] = new JsonArray([.. vector.Select(x => (JsonNode)x)]),
            })]),
        });
        return ExitCodes.Success;
    }
}
