using System.CommandLine;

namespace BareBert.Cli.Verbs;

/// <summary>barebert pretrain: masked words and next sentence, from scratch or from a checkpoint.</summary>
internal static class PretrainVerb
{
    public const string Help = """
        Pretrain BERT on text: masked words and next sentence (DistilBERT: masked words alone; ALBERT: masked words and the order of sentences).

        Examples:
          barebert pretrain
              trains on a corpus that is generated in the process; takes a minute or two
          barebert pretrain --data wikitext-2/ --vocab vocab.txt --model mini --epochs 10 --out runs/wiki
          barebert pretrain --data a.txt b.txt --vocab 8000 --time-budget 30m
          barebert pretrain --data wikitext-2/ --vocab 12000 --seq-len 32:64:128 --epochs 10 --out runs/staged
              three stages: short sequences, from which a new model learns sooner, then longer ones (the default)
          barebert pretrain --data wikitext-2/ --vocab 12000 --time-budget 60m --mask-prob 0.3
              more words to guess a step than BERT's 15 %: learns faster
          barebert pretrain --data wikitext-2/ --model tiny --lr 3e-4,1e-3 --seed 1..3 --out runs/sweep
          barebert pretrain --data reviews.txt --model bert-base-uncased/ --objective mlm --epochs 3 --out runs/adapted
              a published model learns the words of a domain, before it is fine-tuned there
          barebert pretrain --resume runs/wiki
        """;

    public static Command Create()
    {
        var options = new RecordOptions<PretrainerOptions>(new PretrainerOptions());
        Option data = options.AddList(o => o.Data, "sample (generated), a directory with the WikiText files, or text files: one paragraph a line, blank lines between documents; or tables (.jsonl, .json, .csv, .tsv, .parquet) with a column called text.", "sample|DIR|FILE…");
        options.Add(o => o.Model, $"A size ({string.Join(", ", NamedConfigs.Names)}), a config.json, or a run or a checkpoint folder to go on from. Unless given: sample for the sample, else mini.", "NAME|FILE|DIR");
        options.Add(o => o.Vocabulary, "A vocab.txt, sentencepiece's spiece.model, a folder with a tokenizer's files, or the number of entries of a WordPiece vocabulary to train on the corpus (8000 unless given).", "FILE|DIR|N");
        options.AddVaryingText(o => o.SequenceLength, (name, text) => SequenceLengths.Parse(name, text), "The most tokens of an example, or several lengths that the run goes through in stages: each takes half of what is left of it, the last all, and batches of all hold as many tokens (--batch-size counts the longest examples). Unless given: 32:64:128 for a new model, 128 for one that goes on, 64 on the sample.", "N|N:N…");
        options.AddText(o => o.Objective, (name, text) => PretrainingObjectives.Parse(name, text), "What is learned: masked words and next sentence, masked words and the order of two sentences, or masked words alone, of texts of one sentence or more; unless given, what the model's family was first trained with.", string.Join('|', PretrainingObjectives.Names));
        options.Add(o => o.MaskProbability, "Share of the tokens to guess in training; evaluations hide 15 % whatever it is.", "X");
        options.Add(o => o.WholeWordMasking, "Choose whole words rather than single tokens.");
        options.AddChoice(o => o.AttentionInit, "How the attention of a new model begins: each head at a neighbour of its own, queries and keys alike, or all weights drawn, as BERT's. Unless given: neighbours (ALBERT: drawn), on the sample alike.");
        options.Add(o => o.Cache, "Where token ids of corpora are kept; 'none': nowhere.", "DIR|none");
        var training = new TrainingVerb<PretrainerOptions>(options, [data],
            (parsed, read) => CommonOptions.IsGiven(parsed.CommandResult, data) ? read with { Data = options.Read(parsed).Data } : read);
        var verb = new TrainingCommand("pretrain", Help, parsed => training.Placed(parsed, options.Read(parsed)));
        training.AddTo(verb);
        verb.SetAction((parsed, cancel) => Task.FromResult(training.Run(
            parsed, () => options.Read(parsed), Pretrainer.Resume, (read, observer) => new Pretrainer(read, observer).Run(cancel))));
        return verb;
    }
}
