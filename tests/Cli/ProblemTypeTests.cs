using System.Text.Json.Nodes;
using BareBert.Cli;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>Labels that each hold or not, and numbers, from a table to a trained model and back, on texts whose words say the answer.</summary>
[Collection(nameof(CliCollection))]
public sealed class ProblemTypeTests : IDisposable
{
    private static readonly string[] Fillers = ["the", "film", "was", "a", "story", "with", "actors", "music"], Signs = ["bad", "dull", "good", "great"];

    private readonly TemporaryFolder _folder = new();
    private readonly string _base;

    public ProblemTypeTests()
    {
        using var kernels = new CpuKernels(1);
        _base = KeywordSentiment.SaveBase(_folder.At("base"), kernels);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("full", "none")]
    [InlineData("full", "balanced")]
    [InlineData("lora", "none")]
    public void Labels_that_each_hold_or_not_are_learned(string method, string weights)
    {
        string data = _folder.Write("labels.jsonl", string.Concat(Texts(200).Select(t => new JsonObject
        {
            ["text"] = t, ["labels"] = new JsonArray([.. Signs.Where(t.Split(' ').Contains).Select(s => (JsonNode)s)]),
        }.ToJsonString() + "\n")));
        string run = _folder.At("run");
        JsonObject result = Json("finetune", "--task", "classification", "--data", data, "--model", _base, "--out", run, "--epochs", "10", "--lr", method == "lora" ? "1e-2" : "2e-3", "--batch-size", "8",
            "--method", method, "--class-weights", weights, "--baseline", "--best-by", "micro_f1", "--examples", "the film was great and bad", "the story");
        Assert.True((double)result["valid"]!["micro_f1"]! >= 0.9, result["valid"]!.ToJsonString());
        Assert.True((double)result["valid, bag of words"]!["micro_f1"]! >= 0.6, result["valid, bag of words"]!.ToJsonString());
        Assert.Equal(Signs.Order(), result["valid"]!["labels"]!.AsObject().Select(pair => pair.Key));
        Assert.Equal("bad great", string.Join(' ', result["examples"]![0]!["after"]!["labels"]!.AsArray().Select(n => (string?)n)));
        Assert.Contains("Labels, valid", File.ReadAllText(Path.Combine(run, "report.html")));
        Assert.Equal("multi_label_classification", (string?)JsonNode.Parse(File.ReadAllText(Path.Combine(run, "best", "config.json")))!["problem_type"]);

        JsonObject evaluated = Json("evaluate", "--model", run, "--data", data);
        Assert.Equal(200, (int)evaluated["splits"]!["data"]!["examples"]!);
        Assert.True((double)evaluated["splits"]!["data"]!["subset_accuracy"]! >= 0.7, evaluated.ToJsonString());
        JsonObject strict = Json("evaluate", "--model", run, "--data", data, "--threshold", "0.999999");
        Assert.True((double)strict["splits"]!["data"]!["micro_recall"]! < (double)evaluated["splits"]!["data"]!["micro_recall"]!);
        Assert.Equal(4, Json("predict", "--model", run, "the film", "--threshold", "0")["predictions"]![0]!["labels"]!.AsArray().Count);
        CliRun.Of("evaluate", "--model", run, "--data", _folder.Write("other.jsonl", "{\"text\": \"a\", \"labels\": [\"new\"]}\n")).Refused("'new' is not one of");
        CliRun.Of("predict", "--model", run, "the film", "--threshold", "2").Refused("--threshold 2");
    }

    [Theory]
    [InlineData("score")]
    [InlineData("score,length")]
    public void Numbers_are_learned(string columns)
    {
        string data = _folder.Write("numbers.tsv", "text\tscore\tlength\n" + string.Concat(Texts(300).Select(t =>
            FormattableString.Invariant($"{t}\t{Score(t):F2}\t{t.Split(' ').Length / 10.0:F1}\n"))));
        string run = _folder.At("run");
        JsonObject result = Json("finetune", "--task", "classification", "--data", data, "--label-column", columns, "--model", _base, "--out", run, "--epochs", "24", "--lr", "2e-3", "--batch-size", "8",
            "--baseline", "--best-by", "pearson", "--examples", "the film was great");
        JsonNode score = result["valid"]!["numbers"]?["score"] ?? result["valid"]!;
        Assert.True((double)score["pearson"]! >= 0.9 && (double)score["spearman"]! >= 0.8 && (double)score["r2"]! >= 0.7, result["valid"]!.ToJsonString());
        Assert.True((double)result["valid, bag of words"]!["pearson"]! >= 0.5);
        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.Combine(run, "best", "config.json")))!;
        Assert.Equal(("regression", columns), ((string?)config["problem_type"], string.Join(',', config["id2label"]!.AsObject().Select(pair => (string?)pair.Value))));
        JsonObject evaluated = Json("evaluate", "--model", run, "--data", data, "--label-column", columns);
        Assert.True((double)evaluated["splits"]!["data"]!["pearson"]! >= 0.8);
        double great = (double)Json("predict", "--model", run, "the film was great")["predictions"]![0]!["scores"]!["score"]!, bad = (double)Json("predict", "--model", run, "the film was bad")["predictions"]![0]!["scores"]!["score"]!;
        Assert.True(great > bad + 0.5, $"{great}, {bad}");
        CliRun.Of("finetune", "--task", "classification", "--data", data, "--label-column", columns, "--model", _base, "--class-weights", "balanced").Refused("--class-weights is for classes");
        CliRun.Of("finetune", "--task", "classification", "--data", data, "--label-column", columns, "--model", _base, "--best-by", "f1").Refused("--best-by f1", "loss or pearson or spearman");
    }

    [Fact]
    public void An_interrupted_run_goes_on_with_the_same_bits()
    {
        string data = _folder.Write("labels.csv", "text,labels\n" + string.Concat(Texts(60).Select(t => $"{t},{string.Join('|', Signs.Where(t.Split(' ').Contains))}\n")));
        string[] options = ["finetune", "--task", "classification", "--data", data, "--problem-type", "multi-label", "--model", _base, "--batch-size", "8", "--lr", "1e-3", "--warmup", "0", "--schedule", "constant"];
        CliRun.Of([.. options, "--out", _folder.At("whole"), "--steps", "12"]).Succeeded();
        CliRun.Of([.. options, "--out", _folder.At("halves"), "--steps", "6"]).Succeeded();
        CliRun.Of("finetune", "--resume", _folder.At("halves"), "--steps", "12").Succeeded();
        Assert.Equal(File.ReadAllBytes(_folder.At("whole", "checkpoint", "model.safetensors")), File.ReadAllBytes(_folder.At("halves", "checkpoint", "model.safetensors")));
    }

    private static double Score(string text) => text.Split(' ').Sum(word => word switch { "great" => 1.25, "good" => 0.75, "dull" => -0.5, "bad" => -1, _ => 0 });

    // Of each sign a third of the texts has one.
    private static IEnumerable<string> Texts(int count)
    {
        var random = new PhiloxStream(11, 4);
        var texts = new string[count];
        for (int i = 0; i < count; i++)
        {
            var words = new List<string>();
            for (int k = 3 + random.NextInt(5); k > 0; k--)
                words.Add(Fillers[random.NextInt(Fillers.Length)]);
            foreach (string sign in Signs)
            {
                if (random.NextInt(3) == 0)
                    words.Insert(random.NextInt(words.Count + 1), sign);
            }
            texts[i] = string.Join(' ', words);
        }
        return texts;
    }

    private static JsonObject Json(params string[] args) => JsonNode.Parse(CliRun.Of([.. args, "--json"]).Succeeded().Out)!.AsObject();
}
