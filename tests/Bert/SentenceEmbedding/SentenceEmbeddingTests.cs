using System.Text;
using System.Text.Json;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>Vectors of texts: learned from pairs, measured, saved and opened as sentence-transformers has them.</summary>
[Collection(nameof(CliCollection))]
public sealed class SentenceEmbeddingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public SentenceEmbeddingTests()
    {
        using var kernels = new CpuKernels(1);
        KeywordSentiment.SaveBase(_folder.At("base"), kernels);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("full", "mean", false)]
    [InlineData("full", "cls", true)]
    [InlineData("lora", "mean", true)]
    public void A_model_learns_resumes_and_evaluates(string method, string pooling, bool triplets)
    {
        string data = _folder.Write("train.csv", Pairs(160, seed: 1, triplets)), run = _folder.At("run"), halves = _folder.At("halves");
        string sts = _folder.Write("sts.tsv", Scored(60, seed: 2));
        string[] train = ["finetune", "--task", "embedding", "--data", data, "--validation", sts, "--model", _folder.At("base"), "--method", method, "--pooling", pooling,
            "--batch-size", "16", "--lr", "2e-3", "--schedule", "constant", "--warmup", "4", "--seed", "4", "--json"];
        JsonElement result = CliRun.Of([.. train, "--epochs", "4", "--out", run]).Json();
        double[] spearman = [.. result.GetProperty("evaluations").EnumerateArray().Select(e => e.GetProperty("spearman").GetDouble())];
        Assert.True(spearman.Max() > spearman[0] + 0.1, string.Join(' ', spearman));
        Assert.Equal("spearman", JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "run.json"))).RootElement.GetProperty("options").GetProperty("best-by").GetString());
        CliRun.Of([.. train, "--steps", "17", "--out", halves]).Succeeded();
        JsonElement resumed = CliRun.Of("finetune", "--resume", halves, "--epochs", "4", "--json").Json();
        Assert.Equal(result.GetProperty("best_value").GetDouble(), resumed.GetProperty("best_value").GetDouble());

        JsonElement measured = CliRun.Of("evaluate", "--model", run, "--data", sts, "--json").Json().GetProperty("splits").GetProperty("data");
        Assert.Equal(result.GetProperty("best_value").GetDouble(), measured.GetProperty("spearman").GetDouble(), 6);
        SentenceModules modules = ModelFolder.Open(run).ReadSentenceModules()!;
        Assert.Equal((pooling, true, 24), (modules.Pooling.ToString().ToLowerInvariant(), modules.Normalizes, modules.MaxLength));
        Assert.Equal(BertTasks.SentenceEmbedding, BertTasks.Of(ModelFolder.Open(run)));
        string merged = method == "lora" ? _folder.At("merged") : run;
        if (method == "lora")
            CliRun.Of("merge", "--model", run, "--out", merged).Succeeded();
        JsonElement embedded = CliRun.Of("embed", "--model", merged, "the film was good", "--json").Json();
        Assert.Equal((pooling, true), (embedded.GetProperty("pooling").GetString(), embedded.GetProperty("normalized").GetBoolean()));
        double length = Math.Sqrt(embedded.GetProperty("embeddings")[0].GetProperty("vector").EnumerateArray().Sum(x => Math.Pow(x.GetDouble(), 2)));
        Assert.True(Math.Abs(length - 1) <= 1e-6, $"{length}");
        Assert.Contains(method == "lora" ? "LoRA" : "SentenceTransformer", File.ReadAllText(Path.Combine(run, "best", "README.md")));
        CliRun.Of("predict", "--model", run, "a text").Refused("makes vectors of texts", "barebert embed");
        CliRun.Of("finetune", "--resume", run, "--seed", "9").Refused("--seed cannot be changed");
    }

    /// <summary>Scores that are all alike correlate with nothing: the run ends all the same, and says so.</summary>
    [Fact]
    public void A_figure_that_there_is_not_ends_no_run()
    {
        string data = _folder.Write("train.csv", Pairs(40, seed: 1, triplets: false)), scores = _folder.Write("const.csv", "a,b,score\nthe film,a film,1\na story,the story,1\n"), run = _folder.At("run");
        CliRun.Of("finetune", "--task", "embedding", "--data", data, "--validation", scores, "--model", _folder.At("base"), "--steps", "2", "--out", run).Succeeded();
        Assert.DoesNotContain("NaN", File.ReadAllText(Path.Combine(run, "summary.json")));
        Assert.True(File.Exists(Path.Combine(run, "report.html")));
    }

    [Fact]
    public void Pairs_without_scores_are_a_search()
    {
        string data = _folder.Write("train.csv", Opposites(160, seed: 1)), run = _folder.At("run");
        JsonElement result = CliRun.Of("finetune", "--task", "embedding", "--data", data, "--model", _folder.At("base"), "--lr", "2e-3", "--epochs", "6", "--out", run, "--json").Json();
        JsonElement[] evaluations = [.. result.GetProperty("evaluations").EnumerateArray()];
        Assert.True(result.GetProperty("evaluation_tokens").GetInt64() > 0);
        double[] mrr = [.. evaluations.Select(e => e.GetProperty("mrr").GetDouble())];
        Assert.True(mrr.Max() > mrr[0] + 0.1, string.Join(' ', mrr));
        Assert.True(evaluations[^1].GetProperty("loss").GetDouble() < evaluations[0].GetProperty("loss").GetDouble());
        string[] lines = CliRun.Of("similarity", "--model", run, "the film was bad", "the film was fine", "the film was good", "the film was great", "--top", "2").Succeeded().Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.EndsWith("was good", lines[0]);
        string corpus = _folder.Write("corpus.txt", "the film was great\nthe film was good\n");
        JsonElement found = CliRun.Of("similarity", "--model", run, "the film was bad", "--file", corpus, "--json").Json().GetProperty("similar")[0];
        Assert.Equal((1, "the film was good"), (found.GetProperty("index").GetInt32(), found.GetProperty("text").GetString()));
        // An encoder alone is measured by its vectors too.
        JsonElement start = CliRun.Of("evaluate", "--model", _folder.At("base"), "--data", data, "--text-column", "anchor", "--json").Json().GetProperty("splits").GetProperty("data");
        Assert.InRange(start.GetProperty("recall@10").GetDouble(), 0, 1);
    }

    [Fact]
    public void What_does_not_go_together_is_refused()
    {
        string data = _folder.Write("train.csv", Pairs(20, seed: 1, triplets: false)), sts = _folder.Write("sts.tsv", Scored(10, seed: 2));
        string[] train = ["finetune", "--task", "embedding", "--data", data, "--model", _folder.At("base")];
        CliRun.Of([.. train, "--method", "frozen"]).Refused("--method frozen leaves nothing to learn");
        CliRun.Of([.. train, "--best-by", "spearman"]).Refused("--best-by spearman is not measured on");
        CliRun.Of([.. train, "--validation", sts, "--best-by", "mrr"]).Refused("--best-by mrr is not measured on", "spearman or pearson");
        CliRun.Of([.. train, "--scale", "0"]).Refused("--scale 0 is out of range");
        CliRun.Of([.. train, "--batch-size", "1"]).Refused("batches of one pair", "give a --batch-size of 2 or more");
        CliRun.Of([.. train, "--head", "mlp"]).Refused("--head is for --task classification");
        CliRun.Of("finetune", "--task", "embedding", "--data", sts, "--model", _folder.At("base")).Refused("scores are to evaluate on");
        CliRun.Of("similarity", "--model", _folder.At("base"), "alone").Refused("nothing to compare with");
        CliRun.Of("embed", "--model", _folder.At("base"), "--prompt-name", "query", "x").Refused("no prompt 'query'");
        CliRun.Of("evaluate", "--model", _folder.At("base")).Refused("one file of pairs");
    }

    /// <summary>What a folder says is done: pooling, normalisation, length, small letters, prompts.</summary>
    [Fact]
    public void A_published_folder_is_heeded()
    {
        string plain = _folder.At("base"), said = _folder.At("said");
        Copy(plain, said);
        new SentenceModules
        {
            Pooling = Pooling.Cls, Normalizes = true, MaxLength = 6, Lowercases = true, Prompts = new Dictionary<string, string> { ["query"] = "the film " }, DefaultPrompt = null,
        }.Save(said, 32);
        using TextEmbedder ours = TextEmbedder.Open(plain, change: m => m with { Pooling = Pooling.Cls }), theirs = TextEmbedder.Open(said);
        float[] expected = ours.Embed(["the film was good"])[0];
        double length = Math.Sqrt(expected.Sum(x => (double)x * x));
        Assert.Equal([.. expected.Select(x => (float)(x / length))], theirs.Embed(["THE film was good and nothing of this is read"])[0]);
        Assert.Equal(theirs.Embed(["the film was good"])[0], theirs.Embed(["was good"], theirs.PromptOf("query"))[0]);
        JsonElement named = CliRun.Of("embed", "--model", said, "--prompt-name", "query", "was good").Json(), given = CliRun.Of("embed", "--model", said, "--prompt", "the film ", "was good").Json();
        Assert.Equal(named.GetProperty("embeddings").GetRawText(), given.GetProperty("embeddings").GetRawText());
        Refusals.Of(() => theirs.PromptOf("document"), "'document'", "'query'");
        JsonElement mean = CliRun.Of("embed", "--model", said, "--pooling", "mean", "was good").Json();
        Assert.Equal("mean", mean.GetProperty("pooling").GetString());
    }

    /// <summary>A mean that leaves the prompt out is one over the text's own tokens and the last [SEP].</summary>
    [Fact]
    public void A_prompt_can_stand_outside_of_the_mean()
    {
        string said = _folder.At("said");
        Copy(_folder.At("base"), said);
        using TextEmbedder whole = TextEmbedder.Open(said), part = TextEmbedder.Open(said, change: m => m with { PoolsPrompt = false });
        Assert.Equal(whole.Embed(["good"])[0], part.Embed(["good"])[0]);
        Assert.NotEqual(whole.Embed(["good"], "the film ")[0], part.Embed(["good"], "the film ")[0]);
    }

    /// <summary>As the first releases wrote them: the encoder in a folder of its own, settings named after it.</summary>
    [Fact]
    public void The_encoder_can_be_in_a_folder_of_its_own()
    {
        string root = _folder.At("old");
        Copy(_folder.At("base"), Path.Combine(root, "0_BERT"));
        new SentenceModules { MaxLength = 9 }.Save(root, 32);
        File.WriteAllText(Path.Combine(root, "modules.json"), File.ReadAllText(Path.Combine(root, "modules.json")).Replace("\"path\": \"\"", "\"path\": \"0_BERT\""));
        File.Move(Path.Combine(root, "sentence_bert_config.json"), Path.Combine(root, "0_BERT", "sentence_bert_config.json"));
        Assert.Equal(9, ModelFolder.Open(root).ReadSentenceModules()!.MaxLength);
        using TextEmbedder plain = TextEmbedder.Open(_folder.At("base")), old = TextEmbedder.Open(root);
        Assert.Equal(plain.Embed(["the film was good"])[0], old.Embed(["the film was good"])[0]);
    }

    /// <summary>Another task that begins with such a model is none.</summary>
    [Fact]
    public void Other_tasks_start_from_such_models()
    {
        string said = _folder.At("said");
        Copy(_folder.At("base"), said);
        new SentenceModules { Normalizes = true }.Save(said, 32);
        string data = _folder.Write("labels.csv", "text,label\n" + string.Join('\n', KeywordSentiment.Texts(40, 3).Examples.Select(e => $"{e.Text},{e.Label}")) + "\n");
        CliRun.Of("finetune", "--task", "classification", "--data", data, "--model", said, "--steps", "2", "--out", _folder.At("run"), "--json").Json();
        Assert.Equal(BertTasks.Classification, BertTasks.Of(ModelFolder.Open(_folder.At("run"))));
        Assert.False(File.Exists(_folder.At("run", "checkpoint", "modules.json")));
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.GetFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }

    // Texts of one meaning belong together; one of the other is a negative.
    private static string Pairs(int count, ulong seed, bool triplets)
    {
        string[][] by = ByLabel(2 * count, seed);
        var text = new StringBuilder(triplets ? "anchor,positive,negative\n" : "anchor,positive\n");
        for (int i = 0; i < count / 2; i++)
        {
            for (int label = 0; label < 2; label++)
                text.Append($"{by[label][2 * i]},{by[label][2 * i + 1]}{(triplets ? "," + by[1 - label][2 * i] : "")}\n");
        }
        return text.ToString();
    }

    // What belongs together differs in its sign, and in nothing that the encoder could know: bad and good, dull and fine, poor and great.
    private static string Opposites(int count, ulong seed)
    {
        string[] signs = ["bad", "dull", "poor", "good", "fine", "great"];
        string[] texts = [.. KeywordSentiment.Texts(2 * count, seed).Examples.Select(e => e.Text)];
        int SignOf(string text) => Array.FindIndex(signs, sign => text.Split(' ').Contains(sign));
        return "anchor,positive\n" + string.Concat(Enumerable.Range(0, count).Select(i =>
            $"{texts[2 * i]},{texts[2 * i + 1].Replace(signs[SignOf(texts[2 * i + 1])], signs[(SignOf(texts[2 * i]) + 3) % 6])}\n"));
    }

    private static string Scored(int count, ulong seed)
    {
        string[][] by = ByLabel(4 * count, seed);
        var text = new StringBuilder("sentence1\tsentence2\tscore\n");
        for (int i = 0; i < count; i++)
            text.Append(i % 2 == 0 ? $"{by[0][i]}\t{by[0][i + count / 2]}\t5\n" : $"{by[0][i]}\t{by[1][i]}\t0\n");
        return text.ToString();
    }

    private static string[][] ByLabel(int count, ulong seed)
    {
        ClassificationExample[] all = [.. KeywordSentiment.Texts(count, seed).Examples];
        return [.. Enumerable.Range(0, 2).Select(label => all.Where(e => e.Label == label).Select(e => e.Text).ToArray())];
    }
}
