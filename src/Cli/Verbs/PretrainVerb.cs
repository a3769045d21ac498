using System.CommandLine;
using BareBert.Bert;

namespace BareBert.Cli.Verbs;

/// <summary>barebert pretrain: masked words and next sentence, from scratch or from a checkpoint.</summary>
internal static class PretrainVerb
{
    private const string Help = """
        Pretrain BERT on text: masked words and next sentence (DistilBERT: masked words alone).

        Examples:
          barebert pretrain
              trains on a corpus that is generated in the process; takes a minute or two
          barebert pretrain --data wikitext-2/ --vocab vocab.txt --model mini --epochs 10 --out runs/wiki
          barebert pretrain --data a.txt b.txt --vocab 8000 --time-budget 30m
          barebert pretrain --data wikitext-2/ --vocab 12000 --seq-len 32 --batch-size 128 --lr 1e-3 --epochs 10 --out runs/short
          barebert pretrain --data wikitext-2/ --model runs/short/checkpoint --seq-len 128 --epochs 5 --out runs/long
              two stages: short sequences, from which a new model learns far sooner, then longer ones
          barebert pretrain --resume runs/wiki
        """;

    public static Command Create()
    {
        var data = new Option<string[]>("--data")
        {
            Description = "sample (generated), a directory with the WikiText files, or text files: one paragraph a line, blank lines between documents.",
            DefaultValueFactory = _ => ["sample"],
            AllowMultipleArgumentsPerToken = true,
            HelpName = "sample|DIR|FILE…",
        };
        var model = new Option<string?>("--model")
        {
            Description = $"A size ({string.Join(", ", NamedConfigs.Names)}), a config.json, or a run or a checkpoint folder to go on from. Unless given: tiny for the sample, else mini.",
            HelpName = "NAME|FILE|DIR",
        };
        var vocab = new Option<string?>("--vocab")
        {
            Description = "A vocab.txt, sentencepiece's spiece.model, or the number of entries of a WordPiece vocabulary to train on the corpus (8000 unless given).",
            HelpName = "FILE|N",
        };
        Option<int?> seqLen = new("--seq-len") { Description = "The most tokens of an example (128; 64 for the sample).", HelpName = "N" };
        Option<double> maskProb = new("--mask-prob") { Description = "Share of the tokens to guess.", DefaultValueFactory = _ => PretrainingOptions.StandardMaskProbability, HelpName = "X" };
        Option<bool> wholeWords = new("--whole-word-masking") { Description = "Choose whole words rather than single tokens." };
        Option<string?> cache = new("--cache") { Description = "Where token ids of corpora are kept; 'none': nowhere.", HelpName = "DIR|none" };
        var training = new TrainingOptions(batchSize: 32);

        var verb = new Command("pretrain", Help) { data, model, vocab, seqLen, maskProb, wholeWords, cache };
        training.AddTo(verb);
        verb.SetAction((parsed, cancel) =>
        {
            var settings = new PretrainSettings
            {
                Data = parsed.GetValue(data)!,
                Model = parsed.GetValue(model),
                Vocabulary = parsed.GetValue(vocab),
                SequenceLength = parsed.GetValue(seqLen),
                MaskProbability = parsed.GetValue(maskProb),
                WholeWords = parsed.GetValue(wholeWords),
                Cache = parsed.GetValue(cache),
                Training = training.Read(parsed),
            };
            return Task.FromResult(TrainingVerb.Execute(verb, parsed, settings.Training,
                (kernels, notice) => PretrainSession.Open(settings, kernels, notice), cancel));
        });
        return verb;
    }
}
