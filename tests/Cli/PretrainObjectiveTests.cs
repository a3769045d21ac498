using System.IO.Compression;
using System.Text.Json;
using BareBert.Cli;
using Xunit;

namespace BareBert.Tests;

/// <summary>pretrain --objective: masked words alone on texts of one sentence, the order of sentences, and a model that goes on learning words.</summary>
[Collection(nameof(CliCollection))]
public sealed class PretrainObjectiveTests(TrainedRun run)
{
    private const string Albert = """
        {"model_type": "albert", "embedding_size": 8, "hidden_size": 16, "intermediate_size": 32, "num_attention_heads": 2, "num_hidden_layers": 2,
         "max_position_embeddings": 32, "vocab_size": 50}
        """;

    private static readonly string[] OneStep = ["--steps", "1", "--lr", "1e-9", "--eval-limit", "1", "--no-first-evaluation", "--cache", "none", "--quiet"];

    /// <summary>
    /// Queries and keys begin alike, outputs as the values' transpose, positions and segments smaller than words, unless something else is asked for; what else is drawn stays as it was.
    /// In the last layer the first head looks at the first segment, and the second at the second.
    /// </summary>
    [Fact]
    public void Attention_of_the_sample_begins_alike()
    {
        string plain = run.New(), alike = run.New(), config = run.New() + ".json";
        File.WriteAllText(config, File.ReadAllText(run.Config).Replace("\"num_hidden_layers\": 1", "\"num_hidden_layers\": 2"));
        CliRun.Of(["pretrain", "--model", config, .. OneStep, "--attention-init", "drawn", "--out", plain]).Succeeded();
        CliRun.Of(["pretrain", "--model", config, .. OneStep, "--out", alike]).Succeeded();
        Assert.Equal("alike", AttentionInitOf(alike));
        using ITensorSource before = ModelFolder.Open(plain).OpenWeights(), after = ModelFolder.Open(alike).OpenWeights();
        int compared = 0;
        foreach (string name in before.Tensors.Keys)
        {
            float[] was = Values(before, name), now = Values(after, name);
            if (name.EndsWith("layer.1.attention.self.key.weight", StringComparison.Ordinal) || name.EndsWith("layer.1.attention.self.query.bias", StringComparison.Ordinal))
                continue; // what says whose segment it is, below
            if (name.EndsWith("key.weight", StringComparison.Ordinal))
                Assert.Equal(Values(after, name.Replace("key", "query")), now, (a, b) => Math.Abs(a - b) <= 1e-6);
            else if (name.EndsWith("query.weight", StringComparison.Ordinal))
                Assert.Equal(name.Contains("layer.1.", StringComparison.Ordinal) ? 0.02 : 0.065, Math.Sqrt(now.Average(x => (double)x * x)), name.Contains("layer.1.", StringComparison.Ordinal) ? 0.003 : 0.007);
            else if (name.EndsWith("value.weight", StringComparison.Ordinal))
                Assert.InRange(Math.Sqrt(now.Average(x => (double)x * x)), 0.077, 0.093);
            else if (name.EndsWith("attention.output.dense.weight", StringComparison.Ordinal))
                Assert.All(Values(after, name.Replace("output.dense", "self.value")).Index(), v => Assert.Equal(v.Item, now[v.Index % 16 * 16 + v.Index / 16], 1e-6));
            else
                Assert.Equal(was.Select(x => x * (name.Contains("position_embeddings", StringComparison.Ordinal) ? 0.5f : name.Contains("token_type", StringComparison.Ordinal) ? 0.3f : 1)), now, (a, b) => Math.Abs(a - b) <= 1e-6);
            compared++;
        }
        Assert.True(compared > 20);
        float[] types = Values(after, "bert.embeddings.token_type_embeddings.weight"), bias = Values(after, "bert.encoder.layer.1.attention.self.query.bias");
        float[] keys = Values(after, "bert.encoder.layer.1.attention.self.key.weight");
        for (int head = 0; head < 2; head++)
        {
            double second = Enumerable.Range(head * 8, 8).Sum(row => bias[row] * (double)Enumerable.Range(0, 16).Sum(i => keys[row * 16 + i] * (types[16 + i] - types[i])));
            Assert.Equal(head == 0 ? -1 : 1, Math.Sign(second));
        }
        CliRun.Of(["pretrain", "--model", run.Config, .. OneStep, "--attention-init", "0.05"]).Refused("--attention-init 0.05 is unknown", "drawn, alike or neighbours");
        CliRun.Of("pretrain", "--model", alike, "--attention-init", "alike", "--steps", "1", "--quiet").Refused("--attention-init is for a new model", "leave it out");
    }

    /// <summary>What tells the segments apart comes to them through ALBERT's projection, where they have one.</summary>
    [Fact]
    public void Layers_of_an_ALBERT_that_shares_none_begin_alike_too()
    {
        string config = run.New() + ".json", directory = run.New();
        File.WriteAllText(config, Albert.Replace("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 2, \"num_hidden_groups\": 2"));
        CliRun.Of(["pretrain", "--data", run.Data, "--vocab", run.Vocabulary, "--model", config, "--attention-init", "alike", .. OneStep, "--out", directory]).Succeeded();
        using ITensorSource weights = ModelFolder.Open(directory).OpenWeights();
        const string last = "albert.encoder.albert_layer_groups.1.albert_layers.0.attention.";
        float[] types = Values(weights, "albert.embeddings.token_type_embeddings.weight"), projection = Values(weights, "albert.encoder.embedding_hidden_mapping_in.weight");
        float[] bias = Values(weights, last + "query.bias"), keys = Values(weights, last + "key.weight");
        double[] difference = [.. Enumerable.Range(0, 16).Select(row => Enumerable.Range(0, 8).Sum(i => projection[row * 8 + i] * (double)(types[8 + i] - types[i])))];
        for (int head = 0; head < 2; head++)
        {
            double second = Enumerable.Range(head * 8, 8).Sum(row => bias[row] * Enumerable.Range(0, 16).Sum(i => keys[row * 16 + i] * difference[i]));
            Assert.Equal(head == 0 ? -1 : 1, Math.Sign(second));
        }
    }

    /// <summary>A run from when the option was a number goes on.</summary>
    [Theory]
    [InlineData("0", "drawn")]
    [InlineData("0.05", "alike")]
    public void A_deviation_of_old_is_still_read(string number, string name)
    {
        string directory = run.New(), file = Path.Combine(directory, "run.json");
        CliRun.Of(["pretrain", "--model", run.Config, .. OneStep, "--attention-init", name, "--out", directory]).Succeeded();
        string text = File.ReadAllText(file);
        Assert.Contains($"\"attention-init\": \"{name}\"", text);
        File.WriteAllText(file, text.Replace($"\"attention-init\": \"{name}\"", $"\"attention-init\": {number}"));
        CliRun.Of("pretrain", "--resume", directory, "--steps", "2", "--quiet").Succeeded();
        Assert.Equal(name, AttentionInitOf(directory));

        File.WriteAllText(file, text.Replace($"\"{name}\"", "\"top\""));
        CliRun.Of("pretrain", "--resume", directory, "--steps", "3", "--quiet").Refused("--attention-init 'top' is unknown: give drawn, alike or neighbours");
    }

    /// <summary>On text of one's own each head begins at a neighbour of its own: of all positions its key is the likest to the query. ALBERT's are projected first, and are drawn.</summary>
    [Fact]
    public void Attention_of_a_corpus_begins_at_neighbours()
    {
        string directory = run.New();
        string[] start = ["pretrain", "--data", run.Data, "--vocab", run.Vocabulary, .. OneStep];
        CliRun.Of([.. start, "--model", "tiny", "--out", directory]).Succeeded();
        Assert.Equal("neighbours", AttentionInitOf(directory));
        using ITensorSource weights = ModelFolder.Open(directory).OpenWeights();
        float[] positions = Values(weights, "bert.embeddings.position_embeddings.weight");
        for (int layer = 0; layer < 2; layer++)
        {
            float[] queries = Values(weights, $"bert.encoder.layer.{layer}.attention.self.query.weight"), keys = Values(weights, $"bert.encoder.layer.{layer}.attention.self.key.weight");
            for (int head = 0; head < 2; head++)
            {
                float[] query = Projected(queries, head, positions, 20);
                int best = Enumerable.Range(0, 64).MaxBy(position => query.Zip(Projected(keys, head, positions, position), (q, k) => q * k).Sum());
                Assert.Equal(head == 0 ? 19 : 21, best);
            }
        }

        string albert = run.New() + ".json", shared = run.New();
        File.WriteAllText(albert, Albert);
        CliRun.Of([.. start, "--model", albert, "--out", shared]).Succeeded();
        Assert.Equal("drawn", AttentionInitOf(shared));
        CliRun.Of([.. start, "--model", albert, "--attention-init", "neighbours"]).Refused("--attention-init neighbours needs positions that attention reads as they are", "drawn or alike");

        // Row by row of a head, of 64 of 128 dimensions: W·x.
        static float[] Projected(float[] weights, int head, float[] positions, int position) =>
            [.. Enumerable.Range(head * 64, 64).Select(row => Enumerable.Range(0, 128).Sum(i => weights[row * 128 + i] * positions[position * 128 + i]))];
    }

    /// <summary>A new model guesses each token as often as it occurs; one that is never to be guessed as seldom as the rarest.</summary>
    [Fact]
    public void Output_begins_at_the_frequencies()
    {
        string directory = run.New();
        CliRun.Of(["pretrain", "--model", run.Config, .. OneStep, "--out", directory]).Succeeded();
        var folder = ModelFolder.Open(directory);
        using ITensorSource weights = folder.OpenWeights();
        float[] bias = Values(weights, "cls.predictions.bias");
        SubwordTokenizer tokenizer = TokenizerFactory.Load(folder.TokenizerPath);
        var vocabulary = new MaskingVocabulary(tokenizer);
        Assert.Equal(1, Enumerable.Range(0, bias.Length).Where(vocabulary.IsMaskable).Sum(id => Math.Exp(bias[id])), 1e-4);
        Assert.Equal(bias.Min(), bias[tokenizer.Special.Mask], 1e-6);
        Assert.True(bias[tokenizer.IdOf("the")] > bias[tokenizer.Special.Mask] + 3);
    }

    private static string? AttentionInitOf(string run) =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "run.json"))).RootElement.GetProperty("options").GetProperty("attention-init").GetString();

    private static float[] Values(ITensorSource source, string name)
    {
        var values = new float[source.Tensors[name].Count];
        source.ReadFloats(name, values);
        return values;
    }

    [Fact]
    public void Masked_words_are_learned_of_texts_of_one_sentence()
    {
        string file = run.New() + ".txt.gz";
        using (var packed = new StreamWriter(new GZipStream(File.Create(file), CompressionLevel.Optimal)))
            packed.Write(string.Concat(Enumerable.Range(0, 120).Select(i => $"the {(i % 2 == 0 ? "old" : "young")} dog sees a {(i % 3 == 0 ? "red" : "blue")} house .\n")));
        CliRun.Of([.. Arguments(run.New(), file, run.Config), "--steps", "2"]).Refused("only one document");
        string directory = run.New();
        string[] start = [.. Arguments(directory, file, run.Config), "--objective", "mlm", "--steps", "4"];
        CliRun.Of(start).Succeeded();
        Assert.Equal("BertForMaskedLM", Config(directory).GetProperty("architectures")[0].GetString());
        Assert.All(File.ReadAllLines(Path.Combine(directory, "metrics.jsonl")), line => Assert.DoesNotContain("nsp", line));
        JsonElement evaluated = CliRun.Of("evaluate", "--model", directory, "--data", file, "--json").Json().GetProperty("splits").GetProperty("valid");
        JsonElement logged = JsonDocument.Parse(File.ReadAllLines(Path.Combine(directory, "metrics.jsonl")).Last(line => line.Contains("\"valid\""))).RootElement;
        Assert.Equal(logged.GetProperty("mlm_loss").GetDouble(), evaluated.GetProperty("mlm_loss").GetDouble());
        CliRun.Of("pretrain", "--resume", directory, "--steps", "6", "--quiet").Succeeded();

        // A domain's words, from a checkpoint that was trained for more.
        string adapted = run.New();
        CliRun.Of("pretrain", "--data", file, "--model", run.Run, "--objective", "mlm", "--steps", "3", "--seq-len", "32", "--out", adapted, "--cache", "none", "--quiet").Succeeded();
        Assert.Equal("BertForMaskedLM", Config(adapted).GetProperty("architectures")[0].GetString());
        CliRun.Of("fill-mask", "--model", adapted, "the old [MASK] .", "--json").Succeeded();
    }

    [Theory]
    [InlineData(null, "sop")]
    [InlineData("mlm+nsp", "nsp")]
    public void ALBERT_learns_the_order_of_sentences_unless_told_otherwise(string? objective, string metric)
    {
        string directory = run.New(), config = run.New() + ".json";
        File.WriteAllText(config, Albert);
        CliRun.Of([.. Arguments(directory, run.Data, config), "--steps", "2", .. objective is null ? Array.Empty<string>() : ["--objective", objective]]).Succeeded();
        string log = File.ReadAllText(Path.Combine(directory, "metrics.jsonl"));
        Assert.Contains($"\"{metric}_loss\"", log);
        Assert.Contains($"\"{metric}_accuracy\"", log);
        Assert.DoesNotContain(metric == "sop" ? "\"nsp_" : "\"sop_", log);
        JsonElement evaluated = CliRun.Of("evaluate", "--model", directory, "--json").Json().GetProperty("splits").GetProperty("valid");
        Assert.True(evaluated.TryGetProperty($"{metric}_accuracy", out _));
        Assert.Equal(objective ?? "mlm+sop", JsonDocument.Parse(File.ReadAllText(Path.Combine(directory, "run.json"))).RootElement.GetProperty("options").GetProperty("objective").GetString());
    }

    [Fact]
    public void Wrong_objectives_are_refused()
    {
        CliRun.Of([.. Arguments(run.New(), run.Data, run.Config), "--objective", "clm"]).Refused("--objective 'clm' is unknown");
        string config = run.New() + ".json";
        File.WriteAllText(config, """{"model_type": "distilbert", "dim": 16, "hidden_dim": 32, "n_heads": 2, "n_layers": 1, "max_position_embeddings": 32, "vocab_size": 50}""");
        CliRun.Of([.. Arguments(run.New(), run.Data, config), "--objective", "mlm+nsp"]).Refused("no head for pairs of sentences");
    }

    private string[] Arguments(string directory, string data, string config) =>
        [.. run.Pretrain(directory).Select(arg => arg == run.Data ? data : arg == run.Config ? config : arg)];

    private static JsonElement Config(string directory) => JsonDocument.Parse(File.ReadAllText(Path.Combine(directory, "checkpoint", "config.json"))).RootElement;
}
