using System.Text.Json.Nodes;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>run.json: options with nothing left open, which a resumed run reads back.</summary>
[Collection(nameof(CliCollection))]
public sealed class RunFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _run, _file;

    public RunFileTests()
    {
        using (var kernels = new CpuKernels(1))
            KeywordSentiment.SaveBase(_folder.At("base"), kernels);
        string csv = "text,label\n" + string.Concat(KeywordSentiment.Texts(40, seed: 1).Examples.Select(e => $"{e.Text},{KeywordSentiment.Labels[e.Label]}\n"));
        (_run, _file) = (_folder.At("run"), _folder.At("run", "run.json"));
        CliRun.Of("finetune", "--task", "classification", "--data", _folder.Write("reviews.csv", csv), "--model", _folder.At("base"), "--out", _run, "--quiet").Succeeded();
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void It_holds_what_was_chosen_too()
    {
        JsonNode options = Read()["options"]!;
        Assert.Equal((3, 3e-4, 24, "loss", "linear"), ((int)options["epochs"]!, (double)options["lr"]!, (int)options["max-length"]!, (string)options["best-by"]!, (string)options["head"]!));
        Assert.False(options.AsObject().ContainsKey("doc-stride"));
    }

    [Fact]
    public void A_resumed_run_is_the_one_that_stands_there()
    {
        Write(json => json["options"]!["weight-decay"] = 0.25);
        Write(json => json["options"]!["doc-stride"] = 16); // earlier versions listed the other tasks' options too
        CliRun.Of("finetune", "--resume", _run, "--epochs", "4", "--quiet").Succeeded();
        Assert.Equal((0.25, 4), ((double)Read()["options"]!["weight-decay"]!, (int)Read()["options"]!["epochs"]!));
        CliRun.Of("pretrain", "--resume", _run).Refused("run.json", "finetune");
        Write(json => json["options"]!["nonsense"] = 1);
        CliRun.Of("finetune", "--resume", _run).Refused("run.json", "nonsense");
        Write(json => { json["options"]!.AsObject().Remove("nonsense"); json["options"]!["seed"] = "one"; });
        CliRun.Of("finetune", "--resume", _run).Refused("run.json", "seed");
    }

    private JsonNode Read() => JsonNode.Parse(File.ReadAllText(_file))!;

    private void Write(Action<JsonNode> change)
    {
        JsonNode json = Read();
        change(json);
        File.WriteAllText(_file, json.ToJsonString());
    }
}
