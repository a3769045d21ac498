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
        Assert.Equal((0.2, "cpu", _folder.At("reviews.csv"), _folder.At("base"), 0.1),
            ((double)options["validation-split"]!, (string)options["device"]!, (string)options["data"]!, (string)options["model"]!, (double)options["dropout"]!));
        string[] foreign = ["doc-stride", "rank", "alpha", "lora-dropout", "target", "adapter-size", "adapter-style", "feature-cache", "vocab"];
        Assert.All(foreign, name => Assert.False(options.AsObject().ContainsKey(name), name));
        JsonNode summary = JsonNode.Parse(File.ReadAllText(_folder.At("run", "summary.json")))!;
        Assert.Equal(options.ToJsonString(), summary["options"]!.ToJsonString());
    }

    [Fact]
    public void A_resumed_run_finds_its_data_elsewhere_where_it_is_told_to()
    {
        File.Move(_folder.At("reviews.csv"), _folder.At("moved.csv"));
        CliRun.Of("finetune", "--resume", _run, "--epochs", "4", "--quiet").Refused("reviews.csv");
        CliRun.Of("finetune", "--resume", _run, "--epochs", "4", "--quiet", "--data", _folder.At("moved.csv")).Succeeded();
        Assert.Equal(_folder.At("moved.csv"), (string)Read()["options"]!["data"]!);
        File.AppendAllText(_folder.At("moved.csv"), "another good film,positive\n");
        CliRun.Of("finetune", "--resume", _run, "--epochs", "5").Refused("not those that the run began with", "--data");
        CliRun.Of("finetune", "--resume", _run, "--epochs", "5", "--validation", "dev.json").Refused("dev.json");
    }

    [Fact]
    public void A_resumed_run_is_the_one_that_stands_there()
    {
        Write(json => json["options"]!["weight-decay"] = 0.25);
        Write(json => json["options"]!["doc-stride"] = 16); // earlier versions listed the other tasks' options too
        Write(json => json["options"]!["rank"] = 8); // and those of other methods
        CliRun.Of("finetune", "--resume", _run, "--epochs", "4", "--quiet").Succeeded();
        Assert.Equal((0.25, 4), ((double)Read()["options"]!["weight-decay"]!, (int)Read()["options"]!["epochs"]!));
        CliRun.Of("pretrain", "--resume", _run).Refused("run.json", "finetune");
        Write(json => json["options"]!["nonsense"] = 1);
        CliRun.Of("finetune", "--resume", _run).Refused("run.json", "nonsense");
        Write(json => { json["options"]!.AsObject().Remove("nonsense"); json["options"]!["seed"] = "one"; });
        CliRun.Of("finetune", "--resume", _run).Refused("run.json", "seed");
    }

    /// <summary>It may be the last thing that a full disk took: the run can still end, and says what it ends with.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_run_whose_best_model_is_lost_ends_with_another(bool isThere)
    {
        string best = _folder.At("run", "best");
        if (isThere)
            File.WriteAllText(Path.Combine(best, "model.safetensors"), "damaged");
        else
            Directory.Delete(best, recursive: true);
        CliRun ended = CliRun.Of("finetune", "--resume", _run).Succeeded();
        Assert.Contains("is lost: ", ended.Out + ended.Error);
        Assert.Equal((false, isThere), (Directory.Exists(best), Directory.Exists(best + ".lost-1")));
        CliRun.Of("evaluate", "--model", _run, "--data", _folder.At("reviews.csv")).Succeeded();
        Assert.DoesNotContain("is lost: ", CliRun.Of("finetune", "--resume", _run).Succeeded().Error);
        Assert.Contains("At the end, the last model", File.ReadAllText(_folder.At("run", "report.html")));
        CliRun.Of("finetune", "--resume", _run, "--epochs", "4", "--quiet").Succeeded();
        CliRun.Of("evaluate", "--model", best, "--data", _folder.At("reviews.csv")).Succeeded();
    }

    [Fact]
    public void What_a_run_can_go_on_from_is_said()
    {
        string kept = _folder.At("kept"), last = Path.Combine(kept, "checkpoint");
        CliRun.Of("finetune", "--task", "classification", "--data", _folder.At("reviews.csv"), "--model", _folder.At("base"), "--out", kept, "--steps", "4", "--save-every", "2", "--keep", "2", "--quiet").Succeeded();
        string earlier = Assert.Single(Directory.GetDirectories(kept, "checkpoint-*")), hint = $"{Path.GetFileName(earlier)} was kept: ";
        CliRun.Of("finetune", "--resume", kept, "--epochs", "1", "--quiet").Refused("--epochs 1: the run is at ");
        CliRun.Of("finetune", "--resume", earlier).Refused("it lies in one", "checkpoint");
        File.WriteAllText(Path.Combine(last, "model.safetensors"), "damaged");
        CliRun.Of("finetune", "--resume", kept).Refused("a damaged checkpoint", hint + "delete checkpoint and rename it to checkpoint to go on from it");
        File.Delete(Path.Combine(last, "SHA256SUMS"));
        Directory.Delete(last, recursive: true);
        CliRun.Of("finetune", "--resume", kept).Refused("has no checkpoint", hint + "rename it to checkpoint to go on from it");
        CliRun.Of("finetune", "--task", "classification", "--data", _folder.At("reviews.csv"), "--model", _folder.At("base"), "--out", kept, "--steps", "4").Refused("not empty");
        Directory.Move(earlier, last);
        CliRun.Of("finetune", "--resume", kept, "--quiet").Succeeded();
        Assert.Equal(4, (int)JsonNode.Parse(File.ReadAllText(Path.Combine(kept, "summary.json")))!["steps"]!);
        foreach (string folder in Directory.GetDirectories(kept, "checkpoint*"))
            Directory.Delete(folder, recursive: true);
        CliRun.Of("finetune", "--resume", kept).Refused("has no checkpoint", $"begin a new run with --model {kept}");
        Directory.Delete(Path.Combine(kept, "best"), recursive: true);
        CliRun.Of("finetune", "--resume", kept).Refused("has no checkpoint: the run ended before it saved one; give the command that began it once more");
    }

    [Fact]
    public void Of_several_files_of_data_any_may_have_changed()
    {
        string train = _folder.At("reviews.csv"), test = _folder.Write("test.csv", "text,label\na good film,positive\na bad film,negative\n"), run = _folder.At("parts");
        CliRun.Of("finetune", "--task", "classification", "--train", train, "--validation", test, "--model", _folder.At("base"), "--out", run, "--steps", "2", "--quiet").Succeeded();
        File.AppendAllText(test, "a good story,positive\n");
        CliRun.Of("finetune", "--resume", run).Refused("not those that the run began with", train, test, "--data, --validation");
        File.WriteAllText(test, "text,label\na good film,excellent\n");
        CliRun.Of("finetune", "--resume", run).Refused("excellent", "the run began with other data in", test);
        CliRun.Of("finetune", "--task", "classification", "--train", train, "--validation", train, "--k-fold", "3", "--model", _folder.At("base"), "--out", _folder.At("folds")).Refused("--k-fold does nothing", "--validation");
    }

    private JsonNode Read() => JsonNode.Parse(File.ReadAllText(_file))!;

    private void Write(Action<JsonNode> change)
    {
        JsonNode json = Read();
        change(json);
        File.WriteAllText(_file, json.ToJsonString());
    }
}
