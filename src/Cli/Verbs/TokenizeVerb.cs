using System.CommandLine;
using System.Text.Json.Nodes;
using BareBert.Cli.Display;

namespace BareBert.Cli.Verbs;

/// <summary>barebert tokenize: what a model sees of a text.</summary>
internal static class TokenizeVerb
{
    public const string Help = """
        Turn texts into a model's inputs: ids, token types, attention mask, tokens, offsets into the text.

        Examples:
          barebert tokenize --vocab vocab.txt "Jim Henson was a puppeteer."
          barebert tokenize --model runs/pretrain-1 "Who was Jim Henson?" --pair "Jim Henson was a puppeteer." --json
          cat lines.txt | barebert tokenize --vocab vocab.txt --max-length 128 --json
        """;

    public static Command Create()
    {
        var text = new Argument<string[]>("text") { Description = "Texts; unless given, lines of standard input.", Arity = ArgumentArity.ZeroOrMore };
        var pair = new Option<string?>("--pair") { Description = "A second text, joined to the first one.", HelpName = "TEXT" };
        var model = new Option<string?>("--model") { Description = "A run or a checkpoint folder, for its tokenizer.", HelpName = "DIR" };
        var vocab = new Option<string?>("--vocab") { Description = "A vocab.txt, sentencepiece's spiece.model, a tokenizer.json, or a folder with these.", HelpName = "FILE|DIR" };
        var cased = new Option<bool>("--cased") { Description = "With --vocab: keep case and accents; unless given, as the vocabulary does." };
        Option<int> length = CommonOptions.Positive("--max-length", "Most tokens of a sequence, [CLS] and [SEP] included; what is over is cut.", 512, "tokens");
        var bare = new Option<bool>("--no-special") { Description = "Leave [CLS] and [SEP] out." };
        Option<bool> json = CommonOptions.Json();
        var verb = new Command("tokenize", Help) { text, pair, model, vocab, cased, length, bare, json };
        verb.SetAction((parsed, cancel) =>
        {
            SubwordTokenizer tokenizer = Open(parsed.GetValue(model), parsed.GetValue(vocab), parsed.GetValue(cased));
            var encoder = new SequenceEncoder(tokenizer, new SequenceOptions(parsed.GetValue(length), AddSpecialTokens: !parsed.GetValue(bare), Side: tokenizer.TruncationSide));
            return Task.FromResult(Run(Texts.FromArgumentsOrInput(parsed.GetValue(text)!), parsed.GetValue(pair), tokenizer, encoder, parsed.GetValue(json), cancel));
        });
        return verb;
    }

    private static SubwordTokenizer Open(string? model, string? vocabulary, bool isCased)
    {
        if (model is null == vocabulary is null)
            throw new InputException("one of --model and --vocab says how to tokenize: give --vocab FILE or --model DIR");
        if (model is not null && isCased)
            throw new InputException($"--cased is for --vocab: {model} says itself whether case is kept; leave it out");
        return model is not null ? TokenizerFactory.Load(ModelFolder.Open(model).TokenizerPath)
            : isCased ? new WordPieceTokenizer(Vocabulary.Load(vocabulary!), new BasicTokenizerOptions(LowerCase: false))
            : TokenizerFactory.OpenVocabulary(vocabulary!);
    }

    private static int Run(IReadOnlyList<string> texts, string? pair, SubwordTokenizer tokenizer, SequenceEncoder encoder, bool isJson, CancellationToken cancel)
    {
        var sequences = new JsonArray();
        foreach (string text in texts)
        {
            cancel.ThrowIfCancellationRequested();
            TokenSequence sequence = pair is null ? encoder.Encode(text) : encoder.Encode(text, pair);
            if (isJson)
                sequences.Add(Json(text, pair, sequence, tokenizer));
            else
                Print(sequence, tokenizer, text, pair);
        }
        if (isJson)
            JsonOutput.Print(new JsonObject { ["sequences"] = sequences });
        return ExitCodes.Success;
    }

    private static void Print(TokenSequence sequence, SubwordTokenizer tokenizer, string text, string? pair)
    {
        int[] types = sequence.TokenTypeIds(), mask = sequence.AttentionMask();
        Console.WriteLine($"{"id",8}  type  mask  {"offsets",-10}  token");
        for (int i = 0; i < sequence.Length; i++)
        {
            string offsets = sequence.Texts[i] < 0 ? "" : $"{sequence.Starts[i]}–{sequence.Ends[i]}";
            string source = sequence.Texts[i] switch { 0 => text, 1 => pair!, _ => "" };
            string surface = source[sequence.Starts[i]..sequence.Ends[i]].ReplaceLineEndings(" ");
            string token = tokenizer.TokenOf(sequence.Ids[i]);
            Console.WriteLine($"{sequence.Ids[i],8}  {types[i],4}  {mask[i],4}  {offsets,-10}  {token}{(surface == token || surface == "" ? "" : $"  ({surface})")}");
        }
        if (sequence.Truncated)
            Console.WriteLine("(cut at --max-length)");
    }

    private static JsonObject Json(string text, string? pair, TokenSequence sequence, SubwordTokenizer tokenizer)
    {
        var offsets = new JsonArray();
        var tokens = new JsonArray();
        for (int i = 0; i < sequence.Length; i++)
        {
            offsets.Add(new JsonArray(sequence.Starts[i], sequence.Ends[i]));
            tokens.Add(tokenizer.TokenOf(sequence.Ids[i]));
        }
        var result = new JsonObject { ["text"] = text };
        if (pair is not null)
            result["pair"] = pair;
        result["input_ids"] = JsonOutput.Array(sequence.Ids);
        result["token_type_ids"] = JsonOutput.Array(sequence.TokenTypeIds());
        result["attention_mask"] = JsonOutput.Array(sequence.AttentionMask());
        result["special_tokens_mask"] = JsonOutput.Array(sequence.SpecialTokensMask());
        result["tokens"] = tokens;
        result["offsets"] = offsets;
        result["truncated"] = sequence.Truncated;
        return result;
    }
}
