using System.CommandLine;
using BareBert.Bert;
using BareBert.Bert.Checkpoints.Onnx;

namespace BareBert.Cli.Verbs;

/// <summary>barebert import: another program's file as a Hugging Face folder.</summary>
internal static class ImportVerb
{
    private const string Help = """
        Make a Hugging Face folder of a model in another format: the graph of a BERT, DistilBERT or ALBERT in ONNX (float32,
        float16, also as ONNX Runtime optimises it; not int8).

        Examples:
          barebert import model.onnx --vocab vocab.txt --out MiniLM/
          barebert embed --model MiniLM/ --pooling mean "The cat sat on the mat."
        """;

    public static Command Create()
    {
        var file = new Argument<string>("file") { Description = "A .onnx file; external data lies beside it." };
        var vocab = new Option<string>("--vocab") { Description = "Its vocabulary: a vocab.txt, a spiece.model, or a folder with a tokenizer's files.", Required = true, HelpName = "FILE" };
        var output = new Option<string>("--out") { Description = "The folder to write; it must not be there yet.", Required = true, HelpName = "DIR" };
        var heads = new Option<int?>("--heads") { Description = "The number of attention heads, for a graph that does not say.", HelpName = "N" };
        var verb = new Command("import", Help) { file, vocab, output, heads };
        verb.SetAction(parsed => Run(parsed.GetValue(file)!, parsed.GetValue(vocab)!, parsed.GetValue(output)!, parsed.GetValue(heads)));
        return verb;
    }

    private static int Run(string file, string vocab, string output, int? heads)
    {
        if (Path.Exists(output))
            throw new InputException($"there is something already: {output}; give another --out");
        ITokenizer tokenizer = Directory.Exists(vocab) ? TokenizerFactory.Load(vocab) : TokenizerFactory.OpenVocabulary(vocab);
        using ImportedModel model = OnnxCheckpoint.Open(file, heads);
        LoadReport report = model.Save(output, tokenizer);
        foreach (string note in model.Notes)
            Console.Error.WriteLine($"note: {note}");
        if (report.New.Count > 0)
            Console.Error.WriteLine("note: no pooler in the file: embed does not use one, and fine-tuning a classifier starts with a random one");
        BertConfig config = model.Layout.Config;
        Console.WriteLine($"{output}: {model.Layout.ArchitectureName}, {config.Layers} layers, {config.HiddenSize} wide, {config.Heads} heads, {config.VocabSize:N0} entries");
        return ExitCodes.Success;
    }
}
