using System.Text.Json;

namespace BareBert.Tests;

/// <summary>A tiny corpus, a tiny model and a run of a few steps on them: made once, by the command line, and only read.</summary>
public sealed class TrainedRun : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();

    public TrainedRun()
    {
        Environment.SetEnvironmentVariable("XDG_CACHE_HOME", this["cache"]); // not the user's own
        Data = Directory.CreateDirectory(this["corpus"]).FullName;
        foreach ((string split, uint seed) in new[] { ("train", 1u), ("valid", 2u), ("test", 3u) })
            File.WriteAllText(Path.Combine(Data, split + ".txt"), Text(seed, documents: split == "train" ? 60 : 8));
        Vocabulary = _temporary.Write("vocab.txt", string.Join('\n', (string[])["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", .. Words]) + "\n");
        Config = _temporary.Write("tiny.json", """
            {"model_type": "bert", "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32,
             "max_position_embeddings": 32, "vocab_size": 50}
            """);
        Run = this["run"];
        Log = CliRun.Of([.. Pretrain(Run), "--steps", "10", "--eval-every", "5", "--json"]).Json();
    }

    private static string[] Words { get; } =
        [.. "the a cat dog bird fish sees hears finds likes red blue old young house tree river and then it .".Split(' ')];

    /// <summary>A directory with train.txt, valid.txt and test.txt.</summary>
    public string Data { get; }

    /// <summary>A vocab.txt.</summary>
    public string Vocabulary { get; }

    /// <summary>A config.json of 32 positions.</summary>
    public string Config { get; }

    /// <summary>The run directory.</summary>
    public string Run { get; }

    /// <summary>What the run printed.</summary>
    public JsonElement Log { get; }

    /// <summary>The arguments of such a run in another directory.</summary>
    public string[] Pretrain(string directory) =>
    [
        "pretrain", "--data", Data, "--vocab", Vocabulary, "--model", Config, "--out", directory, "--seq-len", "32", "--batch-size", "8",
        "--cache", "none", "--quiet", "--threads", "2", "--schedule", "constant", "--warmup", "0",
    ];

    /// <summary>A path beside them.</summary>
    public string this[string name] => Path.Combine(_temporary.Path, name);

    /// <summary>A fresh path beside them.</summary>
    public string New() => this[Guid.NewGuid().ToString("N")];

    /// <summary>A copy of the run that a test may spoil.</summary>
    public string Copy()
    {
        string copy = New();
        foreach (string file in Directory.EnumerateFiles(Run, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(copy, Path.GetRelativePath(Run, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
        return copy;
    }

    public void Dispose() => _temporary.Dispose();

    private static string Text(uint seed, int documents)
    {
        var random = new PhiloxStream(9, seed);
        var text = new System.Text.StringBuilder();
        for (int d = 0; d < documents; d++)
        {
            for (int paragraph = 0; paragraph < 3; paragraph++)
            {
                for (int sentence = 0; sentence < 3; sentence++)
                {
                    string[] words = new string[3 + random.NextInt(6)];
                    for (int w = 0; w < words.Length; w++)
                        words[w] = Words[random.NextInt(Words.Length - 1)];
                    text.Append(char.ToUpperInvariant(words[0][0])).Append(words[0].AsSpan(1)).Append(' ').AppendJoin(' ', words[1..]).Append(". ");
                }
                text.Append('\n');
            }
            text.Append('\n');
        }
        return text.ToString();
    }
}
