using System.CommandLine;

namespace BareBert.Cli.Verbs;

/// <summary>barebert import: another program's file as a Hugging Face folder.</summary>
internal static class ImportVerb
{
    public const string Help = """
        Make a Hugging Face folder of a model in another format: the graph of a BERT, DistilBERT or ALBERT in ONNX (float32,
        float16, also as ONNX Runtime optimises it; not int8), or a TensorFlow checkpoint of google-research/bert or albert
        with the bert_config.json beside it.

        Examples:
          barebert import uncased_L-2_H-128_A-2/bert_model.ckpt --vocab uncased_L-2_H-128_A-2/vocab.txt --out tiny/
          barebert import model.onnx --vocab vocab.txt --out MiniLM/ --pooling mean --normalize
          barebert embed --model MiniLM/ "The cat sat on the mat."
        """;

    public static Command Create()
    {
        var file = new Argument<string>("file") { Description = "A .onnx file (external data lies beside it), or a checkpoint: bert_model.ckpt, its .index, or their folder." };
        var vocab = new Option<string>("--vocab") { Description = "Its vocabulary: a vocab.txt, a spiece.model, or a folder with a tokenizer's files.", Required = true, HelpName = "FILE" };
        var output = new Option<string>("--out") { Description = "The folder to write; it must not be there yet.", Required = true, HelpName = "DIR" };
        var heads = new Option<int?>("--heads") { Description = "The number of attention heads, for a graph that does not say.", HelpName = "N" };
        var how = new EmbeddingArguments();
        var verb = new Command("import", Help) { file, vocab, output, heads };
        foreach (Option option in how.OfSearch)
            verb.Options.Add(option);
        verb.SetAction((parsed, cancel) => Task.FromResult(Run(parsed.GetValue(file)!, parsed.GetValue(vocab)!, parsed.GetValue(output)!, parsed.GetValue(heads), how.IsGiven(parsed) ? how.ChangeOf(parsed)(new SentenceModules()) : null, cancel)));
        return verb;
    }

    private static int Run(string file, string vocab, string output, int? heads, SentenceModules? sentence, CancellationToken cancel)
    {
        if (Path.Exists(output))
            throw new InputException($"there is something already: {output}; give another --out");
        SubwordTokenizer tokenizer = Directory.Exists(vocab) ? TokenizerFactory.Load(vocab) : TokenizerFactory.OpenVocabulary(vocab);
        if (heads is not null && TensorFlowCheckpoint.IsAt(file))
            throw new InputException($"--heads {heads} is for graphs: {file} has a configuration that says; leave it out");
        using ImportedModel model = TensorFlowCheckpoint.IsAt(file) ? TensorFlowCheckpoint.Open(file) : OnnxCheckpoint.Open(file, heads);
        cancel.ThrowIfCancellationRequested();
        model.Save(output, tokenizer, sentence);
        foreach (string note in model.Notes)
            Console.Error.WriteLine($"note: {note}");
        BertConfig config = model.Layout.Config;
        Console.WriteLine($"{output}: {model.Layout.ArchitectureName}, {config.Layers} layers, {config.HiddenSize} wide, {config.Heads} heads, {config.VocabSize:N0} entries");
        return ExitCodes.Success;
    }
}
