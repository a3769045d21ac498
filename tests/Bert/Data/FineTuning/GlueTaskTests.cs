using System.Text.Json.Nodes;
using BareBert.Cli;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>GLUE's tasks from files in their own format, and in that of the datasets library.</summary>
[Collection(nameof(CliCollection))]
public sealed class GlueTaskTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("cola", "CoLA/train.tsv", "gj04\t1\t\tThe \"film was good.\ngj04\t0\t*\tFilm\" the was.\n", "The \"film was good.", null, "acceptable")]
    [InlineData("sst2", "SST-2/train.tsv", "sentence\tlabel\nfine \t1\n\"dull\" \t0\n", "fine ", null, "positive")]
    [InlineData("mrpc", "MRPC/msr_paraphrase_train.txt", "\uFEFFQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\n1\t7\t8\tone\tother\n0\t7\t8\ta\tb\n", "one", "other", "equivalent")]
    [InlineData("qqp", "QQP/train.tsv", "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n1\t2\t3\tone\tother\t1\n2\t2\t3\ta\tb\t0\n", "one", "other", "duplicate")]
    [InlineData("stsb", "STS-B/train.tsv", "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore\n0\tx\tx\t2012\t1\tn\tn\tone\tother\t3.800\n1\tx\tx\t2012\t1\tn\tn\ta\tb\t5\n", "one", "other", "3.8")]
    [InlineData("mnli", "MNLI/train.tsv", "index\tpromptID\tpairID\tgenre\tsentence1\tsentence2\tlabel1\tgold_label\n0\t1\t1\tx\tone\tother\tneutral\tneutral\n1\t1\t1\tx\ta\tb\tneutral\tcontradiction\n", "one", "other", "neutral")]
    [InlineData("qnli", "QNLI/train.tsv", "index\tquestion\tsentence\tlabel\n0\tone\tother\tentailment\n1\ta\tb\tnot_entailment\n", "one", "other", "entailment")]
    [InlineData("rte", "RTE/train.tsv", "index\tsentence1\tsentence2\tlabel\n0\tone\tother\tnot_entailment\n1\ta\tb\tentailment\n", "one", "other", "not_entailment")]
    [InlineData("wnli", "wnli/train-00000-of-00001.jsonl", "{\"sentence1\": \"one\", \"sentence2\": \"other\", \"label\": 1, \"idx\": 0}\n{\"sentence1\": \"a\", \"sentence2\": \"b\", \"label\": 0, \"idx\": 1}\n", "one", "other", "entailment")]
    [InlineData("mnli", "train.jsonl", "{\"premise\": \"one\", \"hypothesis\": \"other\", \"label\": 2}\n{\"premise\": \"a\", \"hypothesis\": \"b\", \"label\": 0}\n", "one", "other", "contradiction")]
    public void Every_task_is_read(string name, string file, string content, string text, string? text2, string label)
    {
        _folder.Write(file, content);
        ClassificationDataset train = ClassificationData.Read(_folder.Root, new TableOptions { Glue = name }).Train;
        ClassificationExample first = train.Examples[0];
        Assert.Equal((2, text, text2), (train.Examples.Count, first.Text, first.Text2));
        Assert.Equal(label, first.Targets is { } targets ? targets[0].ToString("0.0", null) : train.LabelNames[first.Label]);
        string damaged = _folder.At(file.Split('/'));
        Fuzz.ReadsOrRefuses(content, bytes => { File.WriteAllBytes(damaged, bytes); ClassificationData.Read(_folder.Root, new TableOptions { Glue = name }); }, 60);
    }

    [Fact]
    public void A_task_is_judged_by_its_own_metrics()
    {
        string Rows(int count, ulong seed) => string.Concat(KeywordSentiment.Texts(count, seed).Examples.Select(e => $"src\t{e.Label}\t\t{e.Text}\n"));
        _folder.Write("g/CoLA/train.tsv", Rows(120, 1));
        _folder.Write("g/CoLA/dev.tsv", Rows(40, 2));
        _folder.Write("g/CoLA/test.tsv", "index\tsentence\n0\tthe film\n");
        using var kernels = new CpuKernels(1);
        string run = _folder.At("run");
        JsonObject result = JsonNode.Parse(CliRun.Of("finetune", "--task", "classification", "--glue", "cola", _folder.At("g"), "--model", KeywordSentiment.SaveBase(_folder.At("base"), kernels),
            "--epochs", "6", "--lr", "2e-3", "--batch-size", "8", "--out", run, "--json").Succeeded().Out)!.AsObject();
        Assert.True((double)result["valid"]!["matthews"]! > 0.5, result["valid"]!.ToJsonString());
        Assert.Equal("matthews", (string?)JsonNode.Parse(File.ReadAllText(Path.Combine(run, "run.json")))!["options"]!["best-by"]);
        Assert.Equal(40, (int)JsonNode.Parse(CliRun.Of("evaluate", "--model", run, "--glue", "cola", _folder.At("g"), "--json").Succeeded().Out)!["splits"]!["valid"]!["examples"]!);
        CliRun.Of("finetune", "--task", "classification", "--glue", "cola2", _folder.At("g"), "--model", run).Refused("'cola2' is no task of GLUE");
        CliRun.Of("finetune", "--task", "classification", "--glue", "sst2", _folder.At("run"), "--model", run).Refused("no training part of GLUE's sst2");
        CliRun.Of("finetune", "--task", "classification", "--glue", "sst2", _folder.At("g", "CoLA"), "--model", run).Refused("these are the files of GLUE's cola");
        foreach (string[] idle in new string[][] { ["--text-column", "x"], ["--label-column", "x"], ["--no-header"], ["--separator", ","], ["--quote", "double"], ["--problem-type", "regression"], ["--label-separator", ","] })
        {
            CliRun.Of(["finetune", "--task", "classification", "--glue", "cola", _folder.At("g"), "--model", run, .. idle]).Refused($"{idle[0]} does nothing");
            CliRun.Of(["evaluate", "--model", run, "--glue", "cola", _folder.At("g"), .. idle]).Refused($"{idle[0]} does nothing");
        }
    }

    /// <summary>A model's classes may be in another order than GLUE's, and in capital letters: its files' numbers are GLUE's.</summary>
    [Theory]
    [InlineData("contradiction,neutral,entailment", "contradiction,entailment")]
    [InlineData("ENTAILMENT,NEUTRAL,CONTRADICTION", "CONTRADICTION,ENTAILMENT")]
    [InlineData("LABEL_0,LABEL_1,LABEL_2", "LABEL_2,LABEL_0")]
    [InlineData("yes,no", null)]
    [InlineData("entailment,neutral,other", null)]
    public void Numbers_are_GLUEs_whatever_the_models_order_is(string classes, string? labels)
    {
        string path = _folder.Write("MNLI/validation_matched.jsonl", "{\"premise\": \"one\", \"hypothesis\": \"other\", \"label\": 2}\n{\"premise\": \"a\", \"hypothesis\": \"b\", \"label\": 0}\n");
        File.Copy(path, _folder.At("MNLI", "train.jsonl"));
        string[] names = classes.Split(',');
        ClassificationDataset Read() => ClassificationData.Read(_folder.Root, new TableOptions { Glue = "mnli", LabelNames = names }).Validation!.WithLabels(names, path);
        if (labels is null)
            Refusals.Of(() => Read(), "is not one of", names[^1]);
        else
            Assert.Equal(labels.Split(','), Read().Examples.Select(e => names[e.Label]));
    }

    [Fact]
    public void MNLI_has_two_parts_to_be_judged_on()
    {
        const string row = "index\tsentence1\tsentence2\tgold_label\n0\ta\tb\tneutral\n1\ta\tb\tentailment\n";
        foreach (string part in new[] { "train", "dev_matched", "dev_mismatched" })
            _folder.Write($"m/{part}.tsv", row);
        ClassificationSplits splits = ClassificationData.Read(_folder.At("m"), new TableOptions { Glue = "mnli" });
        Assert.Equal((2, 2), (splits.Validation!.Examples.Count, splits.Test!.Examples.Count));
        Assert.Contains(splits.Notices, n => n.Contains("mismatched"));
        Directory.Move(_folder.At("m"), _folder.At("MNLI"));
        ClassificationSplits plain = ClassificationData.Read(_folder.At("MNLI"), new TableOptions { TextColumn = "sentence1", Text2Column = "sentence2", LabelColumn = "gold_label" });
        Assert.Contains(plain.Notices, n => n.Contains("`Glue` mnli reads its parts"));
    }
}
