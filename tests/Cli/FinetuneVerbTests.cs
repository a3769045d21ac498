using System.Text.Json.Nodes;
using BareBert.Cli;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>finetune, predict, evaluate, embed and merge as a user calls them.</summary>
[Collection(nameof(CliCollection))]
public sealed class FinetuneVerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _data, _base;

    public FinetuneVerbTests()
    {
        _data = _folder.Write("reviews.csv", Csv(KeywordSentiment.Texts(120, seed: 1)));
        using var kernels = new CpuKernels(1);
        _base = KeywordSentiment.SaveBase(_folder.At("base"), kernels);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AFinetunedModelPredictsEvaluatesAndEmbeds()
    {
        string run = _folder.At("run");
        JsonObject result = Json("finetune", "--task", "classification", "--data", _data, "--model", _base, "--out", run, "--epochs", "8", "--lr", "2e-3",
            "--batch-size", "8", "--baseline", "--examples", "the film was great", "--best-by", "accuracy");
        Assert.True((double)result["valid, bag of words"]!["accuracy"]! > 0.5);
        Assert.True((double)result["valid"]!["accuracy"]! >= 0.75, result["valid"]!["accuracy"]!.ToString());
        Assert.Equal(24, (int)result["valid"]!["examples"]!);
        Assert.Equal("positive", (string?)result["examples"]![0]!["after"]!["label"]);
        Assert.True((long)result["trainable"]! == (long)result["parameters"]! && (long)result["peak_tensor_bytes"]! > 0);
        Assert.True((double)result["evaluations"]![1]!["train_loss"]! > 0);
        Assert.Equal(result.ToJsonString(), JsonNode.Parse(File.ReadAllText(Path.Combine(run, "summary.json")))!.ToJsonString());
        string report = File.ReadAllText(Path.Combine(run, "report.html"));
        foreach (string once in new[] { "Training loss by step</figcaption>", "Learning rate by step</figcaption>", "Norm of the gradient by step, before clipping</figcaption>", "Before and after</h2>" })
            Assert.Equal(2, report.Split(once).Length);

        JsonObject predicted = Json("predict", "--model", run, "a dull story", "music was fine");
        Assert.Equal(["negative", "positive"], predicted["predictions"]!.AsArray().Select(p => (string?)p!["label"]));
        Assert.All(predicted["predictions"]!.AsArray(), p => Assert.True(Math.Abs(p!["probabilities"]!.AsObject().Sum(q => (double)q.Value!) - 1) <= 1e-5));

        JsonObject evaluated = Json("evaluate", "--model", run, "--data", _data);
        Assert.Equal(120, (int)evaluated["splits"]!["data"]!["examples"]!);

        Assert.Equal(120, (int)Json("evaluate", "--model", run, "--data", _data, "--max-length", "6")["splits"]!["data"]!["examples"]!);
        CliRun.Of(["evaluate", "--model", run, "--data", _data, "--seq-len", "16"]).Refused("--seq-len is for a pretrained model", "is a classifier", "give --max-length");
        CliRun.Of(["evaluate", "--model", run, "--data", _data, "--max-length", "999"]).Refused("--max-length 999 is over the model's");
        CliRun.Of(["predict", "--model", run, "a film", "--n-best", "3"]).Refused("--n-best is for a model that answers questions");
        CliRun.Of(["predict", "--model", run, "a film", "--max-length", "0"]).Refused("--max-length 0", "give 1 or more");
        CliRun.Of(["predict", "--model", run, "--question", "who", "--context", "he"]).Refused("tells the classes of texts");

        string vectors = _folder.At("vectors.npy");
        Run("embed", "--model", run, "--out", vectors, "--pooling", "cls", "good", "bad music");
        byte[] npy = File.ReadAllBytes(vectors);
        Assert.Equal(0, (npy.Length - 2 * 32 * 4) % 64);
        Assert.Contains("'shape': (2, 32)", System.Text.Encoding.Latin1.GetString(npy));
        JsonObject written = Json("embed", "--model", run, "--out", vectors, "good", "bad music");
        Assert.Equal((vectors, 2, 32), ((string?)written["out"], (int)written["vectors"]!, (int)written["width"]!));
        Assert.Equal(["@good", "bad"], Json("embed", "--model", run, "@good", "bad")["embeddings"]!.AsArray().Select(e => (string?)e!["text"]));
    }

    /// <summary>What says the class stands at the end, beyond the length: only who cuts at the left sees it, then and in whatever reads the model later.</summary>
    [Theory]
    [InlineData("full")]
    [InlineData("lora")]
    public void ATextCanBeCutAtItsBeginning(string method)
    {
        string filler = string.Join(' ', Enumerable.Repeat("film story", 10)), run = _folder.At("left");
        string data = _folder.Write("ends.csv", "text,label\n" + string.Concat(KeywordSentiment.Texts(120, seed: 2).Examples.Select(e => $"{filler} {e.Text},{KeywordSentiment.Labels[e.Label]}\n")));
        JsonNode learned = Json("finetune", "--task", "classification", "--data", data, "--model", _base, "--method", method, "--out", run, "--epochs", "8",
            "--lr", method == "full" ? "2e-3" : "1e-2", "--batch-size", "8", "--max-length", "14", "--truncation-side", "left", "--best-by", "accuracy");
        Assert.True((double)learned["valid"]!["accuracy"]! >= 0.75, learned["valid"]!.ToJsonString());
        Assert.Equal("left", (string?)JsonNode.Parse(File.ReadAllText(Path.Combine(run, "run.json")))!["options"]!["truncation-side"]);
        JsonNode evaluated = Json("evaluate", "--model", run, "--data", data)["splits"]!["data"]!;
        Assert.True((double)evaluated["accuracy"]! >= 0.75, evaluated.ToJsonString());
        Assert.Equal(["negative", "positive"], Json("predict", "--model", run, $"{filler} a dull story", $"{filler} music was fine")["predictions"]!.AsArray().Select(p => (string?)p!["label"]));
        Assert.Equal(["[CLS]", "story", "good", "[SEP]"], Json("tokenize", "--model", run, "--max-length", "4", "--json", $"{filler} good")["sequences"]![0]!["tokens"]!.AsArray().Select(t => (string?)t));
    }

    [Fact]
    public void ClassesOfOtherDataAreFoundByTheirNames()
    {
        string[] names = ["very negative", "negative", "neutral", "positive", "very positive"];
        string table = _folder.Write("five.csv", "text,label\n" + string.Concat(names.Select((name, i) => $"a film of {i} words,{name}\n")));
        string trees = _folder.At("trees"), run = _folder.At("five");
        Directory.CreateDirectory(trees);
        foreach (string file in new[] { "train", "dev", "test" })
            File.WriteAllLines(Path.Combine(trees, file + ".txt"), names.Select((_, i) => $"({i} (2 a) ({i} (2 film) ({i} (2 of) ({i} (2 {i}) (2 words)))))"));
        Run("finetune", "--task", "classification", "--data", Tables(table), "--model", _base, "--out", run, "--steps", "3", "--lr", "1e-2", "--quiet");
        JsonNode expected = Json("evaluate", "--model", run, "--data", table)["splits"]!["data"]!;
        JsonNode other = Json("evaluate", "--model", run, "--data", trees)["splits"]!["test"]!;
        Assert.Equal((double)expected["loss"]!, (double)other["loss"]!, 1e-5);
        Assert.Equal((double)expected["accuracy"]!, (double)other["accuracy"]!);
    }

    // The same rows to train on and to validate.
    private string Tables(string table)
    {
        string folder = Directory.CreateDirectory(_folder.At("tables")).FullName;
        foreach (string split in new[] { "train", "validation" })
            File.Copy(table, Path.Combine(folder, split + ".csv"));
        return folder;
    }

    [Fact]
    public void LoraResumesAndMerges()
    {
        string straight = _folder.At("straight"), halves = _folder.At("halves"), merged = _folder.At("merged");
        string[] options = ["finetune", "--task", "classification", "--data", _data, "--model", _base, "--method", "lora", "--batch-size", "8",
            "--schedule", "constant", "--warmup", "0", "--quiet"];
        Run([.. options, "--out", straight, "--steps", "20"]);
        Run([.. options, "--out", halves, "--steps", "7"]);
        Run("finetune", "--resume", halves, "--steps", "20", "--quiet");
        Assert.Equal(Weights(straight), Weights(halves));
        JsonObject said = Json("merge", "--model", straight, "--out", merged);
        Assert.Equal((merged, "BertForSequenceClassification"), ((string?)said["out"], (string?)said["architecture"]));
        string[] texts = ["a great film", "a poor film"];
        JsonArray adapted = Json(["predict", "--model", straight, .. texts])["predictions"]!.AsArray(), plain = Json(["predict", "--model", merged, .. texts])["predictions"]!.AsArray();
        for (int i = 0; i < texts.Length; i++)
            Assert.True(Math.Abs((double)adapted[i]!["score"]! - (double)plain[i]!["score"]!) <= 1e-4);
    }

    [Fact]
    public void WrongInputIsOneLine()
    {
        string oneClass = _folder.Write("one.csv", "text,label\na film,good\na story,good\n");
        string unlabelled = _folder.Write("unlabelled.csv", "text\na film\na story\n");
        string twice = _folder.Write("twice.csv", "text,text,label\na,b,good\nc,d,bad\n");
        CliRun.Of(["finetune", "--task", "poetry", "--data", _data, "--model", _base]).Refused("--task poetry");
        CliRun.Of(Finetune(_data, "--method", "hope")).Refused("--method");
        CliRun.Of(Finetune(oneClass)).Refused("one class");
        CliRun.Of(Finetune(unlabelled)).Refused("--label-column");
        CliRun.Of(Finetune(twice)).Refused("text");
        CliRun.Of(Finetune(_folder.Write("silent.csv", "text,label\n,good\n  ,bad\n"))).Refused("every text is empty", "silent.csv");
        CliRun.Of(Finetune(_folder.At("absent.csv"))).Refused("absent.csv");
        CliRun.Of(Finetune(_data, "--text-column", "body")).Refused("body");
        CliRun.Of(Finetune(_data, "--validation-split", "1.5")).Refused("--validation-split");
        CliRun.Of(Finetune(_data, "--fraction", "nan")).Refused("--fraction");
        CliRun.Of(Finetune(_data, "--rank", "4")).Refused("--rank is for --method lora or qlora: leave it out");
        CliRun.Of(Finetune(_data, "--method", "full", "--rank", "8")).Refused("--rank is for --method lora or qlora"); // its default, but given
        CliRun.Of(Finetune(_data, "--method", "lora", "--adapter-size", "4")).Refused("--adapter-size is for --method adapter");
        CliRun.Of(Finetune(_data, "--method", "lora", "--layer-decay", "0.9")).Refused("--layer-decay is for --method full");
        CliRun.Of(Finetune(_data, "--feature-cache", "1GiB")).Refused("--feature-cache is for --method frozen");
        CliRun.Of(Finetune(_data, "--sst-sentences")).Refused("--sst-sentences is for SST's trees", "reviews.csv");
        CliRun.Of(Finetune(_data, "--max-length", "25")).Refused("--max-length 25 is over the model's 24 positions");
        CliRun.Of(Finetune(Tables(_data), "--validation-split", "0.2")).Refused("--validation-split does nothing");
        CliRun.Of(["finetune", "--task", "classification", "--data", _data, "--model", "tiny", "--untrained", "--out", _folder.At("out")]).Refused("--untrained does nothing");
        CliRun.Of(Finetune(_data, "--dropout", "1")).Refused("--dropout 1");
        CliRun.Of(Finetune(_data, "--keep", "0")).Refused("--keep 0");
        CliRun.Of(Finetune(_data, "--eval-limit", "0")).Refused("--eval-limit 0");
        CliRun.Of(Finetune(_data, "--freeze-layers", "3")).Refused("--freeze-layers 3");
        CliRun.Of(Finetune(_data, "--method", "lora", "--target", "nose")).Refused("--target nose");
        CliRun.Of(Finetune(_data, "--method", "lora", "--untrained")).Refused("random");
        CliRun.Of(["finetune", "--task", "classification", "--data", _data, "--model", _folder.At("none")]).Refused("no such folder");
        CliRun.Of(["finetune", "--task", "classification", "--model", _base]).Refused("--data");
        CliRun.Of(["predict", "--model", _folder.At("none"), "text"]).Refused("no such folder");
        CliRun.Of(["merge", "--model", _base, "--out", _folder.At("merged")]).Refused("nothing to merge");
        Assert.False(Directory.Exists(_folder.At("out")));
    }

    [Fact]
    public void LabelsUnseenInTrainingAndChangedDataAreRefused()
    {
        string run = _folder.At("run");
        Run("finetune", "--task", "classification", "--data", _data, "--model", _base, "--out", run, "--steps", "2", "--quiet");
        CliRun.Of(["evaluate", "--model", run, "--data", _folder.Write("other.csv", "text,label\na film,positive\na story,neutral\n")]).Refused("neutral");
        _folder.Write("reviews.csv", Csv(KeywordSentiment.Texts(120, seed: 2)));
        CliRun.Of(["finetune", "--resume", run, "--steps", "4"]).Refused("not those that the run began with");
    }

    private string[] Finetune(string data, params string[] more) =>
        ["finetune", "--task", "classification", "--data", data, "--model", _base, "--out", _folder.At("out"), .. more];

    private static byte[] Weights(string run) => File.ReadAllBytes(Path.Combine(run, "checkpoint", "adapter_model.safetensors"));

    private static JsonObject Json(params string[] args) =>
        JsonNode.Parse(Run([.. args, "--json"]))!.AsObject();

    private static string Run(params string[] args) => CliRun.Of(args).Succeeded().Out;

    private static string Csv(ClassificationDataset data) =>
        "text,label\n" + string.Concat(data.Examples.Select(e => $"{e.Text},{KeywordSentiment.Labels[e.Label]}\n"));
}
