using System.Diagnostics;
using System.Text.Json;
using BareBert.Cli;
using BareBert.Cli.Sweeps;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>Several values of an option run one after the other, each in a folder, and end side by side.</summary>
[Collection(nameof(CliCollection))]
public sealed class SweepTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string[] _train;

    public SweepTests()
    {
        using (var kernels = new CpuKernels(1))
            KeywordSentiment.SaveBase(_folder.At("base"), kernels);
        string data = _folder.Write("labels.csv", "text,label\n" + string.Join('\n', KeywordSentiment.Texts(60, 3).Examples.Select(e => $"{e.Text},{KeywordSentiment.Labels[e.Label]}")) + "\n");
        _train = ["finetune", "--task", "classification", "--data", data, "--model", _folder.At("base"), "--epochs", "1", "--batch-size", "8", "--quiet"];
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Before it has claimed the folder: the command is to be given once more without the launcher.</summary>
    [Fact]
    public void Several_processes_are_refused_and_nothing_is_written()
    {
        string[] args = [.. _train, "--seed", "1..3", "--out", _folder.At("sweep")];
        Refusals.Of(() => SweepArguments.Find(CommandLine.Root(), args, processes: 2), "a sweep is done by one process");
        Assert.False(Directory.Exists(_folder.At("sweep")));
    }

    [Fact]
    public void A_grid_is_run_and_compared()
    {
        string root = _folder.At("sweep");
        JsonElement sweep = CliRun.Of([.. _train, "--seed", "1..3", "--lr", "1e-3,5e-3", "--out", root, "--json"]).Json();
        JsonElement[] runs = [.. sweep.GetProperty("runs").EnumerateArray()];
        Assert.Equal(["seed-1_lr-1e-3", "seed-1_lr-5e-3", "seed-2_lr-1e-3", "seed-2_lr-5e-3", "seed-3_lr-1e-3", "seed-3_lr-5e-3"], runs.Select(r => r.GetProperty("name").GetString()));
        JsonElement[] groups = [.. sweep.GetProperty("groups").EnumerateArray()];
        Assert.Equal(["1e-3", "5e-3"], groups.Select(g => g.GetProperty("values").GetProperty("lr").GetString()));
        foreach ((JsonElement group, int lr) in groups.Zip([0, 1]))
        {
            double[] losses = [.. runs.Where((_, i) => i % 2 == lr).Select(r => r.GetProperty("figures").GetProperty("loss").GetDouble())];
            JsonElement spread = group.GetProperty("figures").GetProperty("loss");
            Assert.True(Math.Abs(losses.Average() - spread.GetProperty("mean").GetDouble()) <= 1e-12);
            Assert.True(Math.Abs(Math.Sqrt(losses.Sum(x => Math.Pow(x - losses.Average(), 2)) / 2) - spread.GetProperty("sd").GetDouble()) <= 1e-12);
            Assert.Equal(3, losses.Distinct().Count());
        }
        // A run of the sweep is the run that stands alone.
        JsonElement alone = CliRun.Of([.. _train, "--seed", "2", "--lr", "5e-3", "--out", _folder.At("alone"), "--json"]).Json();
        double loss = alone.GetProperty("figures").EnumerateArray().First(f => f.GetProperty("metric").GetString() == "loss").GetProperty("value").GetDouble();
        Assert.Equal(loss, runs[3].GetProperty("figures").GetProperty("loss").GetDouble());
        string report = File.ReadAllText(Path.Combine(root, "report.html"));
        Assert.Contains("standard deviation, valid", report);
        Assert.Contains("seed 3, lr 5e-3", report);
        CliRun.Of([.. _train, "--seed", "1..3", "--out", root]).Refused("there is something already", "--resume " + root);
    }

    /// <summary>Before the first run has replaced anything.</summary>
    [Fact]
    public void A_sweep_does_not_overwrite_the_model_that_it_begins_with()
    {
        string root = _folder.At("sweep"), first = Path.Combine(root, "seed-1", "run.json"), second = Path.Combine(root, "seed-2");
        CliRun.Of([.. _train, "--seed", "1,2", "--out", root]).Succeeded();
        string before = File.ReadAllText(first);
        string[] again = [.. _train];
        again[Array.IndexOf(again, "--model") + 1] = second;
        CliRun.Of([.. again, "--seed", "1,2", "--out", root, "--overwrite"]).Refused("the model to begin with would be deleted", second);
        Assert.Equal(before, File.ReadAllText(first));
    }

    [Fact]
    public void What_was_cut_off_goes_on_where_it_stood()
    {
        string root = _folder.At("sweep"), config = _folder.Write("grid.yaml", "seed: [1, 2]\nlr: 0.001\n");
        CliRun whole = CliRun.Of([.. _train, "--config", config, "--out", root]).Succeeded();
        Assert.Contains("Mean ± standard deviation, valid", whole.Out);
        byte[] first = File.ReadAllBytes(Path.Combine(root, "seed-1", "checkpoint", "model.safetensors")), second = File.ReadAllBytes(Path.Combine(root, "seed-2", "checkpoint", "model.safetensors"));
        // As if the second had been killed after its first steps: no summary, and a checkpoint of fewer.
        Directory.Delete(Path.Combine(root, "seed-2"), recursive: true);
        CliRun again = CliRun.Of("finetune", "--resume", root).Succeeded();
        Assert.Contains("run 1 of 2: seed 1: done already", again.Error);
        Assert.Contains("run 2 of 2: seed 2", again.Error);
        Assert.Equal(first, File.ReadAllBytes(Path.Combine(root, "seed-1", "checkpoint", "model.safetensors")));
        Assert.Equal(second, File.ReadAllBytes(Path.Combine(root, "seed-2", "checkpoint", "model.safetensors")));
        File.Delete(Path.Combine(root, "seed-2", "summary.json"));
        CliRun.Of("finetune", "--resume", root).Succeeded();
        Assert.Equal(second, File.ReadAllBytes(Path.Combine(root, "seed-2", "checkpoint", "model.safetensors")));
        CliRun.Of("finetune", "--resume", root, "--epochs", "3").Refused("--epochs cannot be changed");
        _folder.Write("sweep/sweep.json", "{");
        CliRun.Of("finetune", "--resume", root).Refused("sweep.json", "start a new one");
    }

    [Fact]
    public void Goes_on_from_another_folder()
    {
        string[] relative = [.. _train.Select(arg => arg.StartsWith(_folder.Root, StringComparison.Ordinal) ? Path.GetRelativePath(_folder.Root, arg) : arg)];
        string begun = In(_folder.Root, [.. relative, "--seed", "1,2", "--out", "sweep"]);
        Directory.Delete(_folder.At("sweep/seed-2"), recursive: true);
        string elsewhere = Directory.CreateDirectory(_folder.At("elsewhere")).FullName;
        string again = In(elsewhere, "finetune", "--resume", "../sweep", "--json");
        Assert.Contains("where the sweep was begun", again);
        Assert.DoesNotContain("where the sweep was begun", begun);
        Assert.True(File.Exists(_folder.At("sweep/seed-2/summary.json")));
        Assert.Empty(Directory.GetFileSystemEntries(elsewhere));
    }

    // The working directory is the process's.
    private static string In(string directory, params string[] args)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "barebert.dll"), .. args])
        {
            WorkingDirectory = directory, RedirectStandardError = true, RedirectStandardInput = true,
        })!;
        process.StandardInput.Close();
        string said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, said);
        return said;
    }

    [Fact]
    public void Folds_are_a_sweep()
    {
        JsonElement sweep = CliRun.Of([.. _train, "--k-fold", "3", "--out", _folder.At("folds"), "--json"]).Json();
        Assert.Equal(["fold-1", "fold-2", "fold-3"], sweep.GetProperty("runs").EnumerateArray().Select(r => r.GetProperty("name").GetString()));
        Assert.Equal(3, Assert.Single(sweep.GetProperty("groups").EnumerateArray()).GetProperty("runs").GetInt32());
        JsonElement second = JsonDocument.Parse(File.ReadAllText(_folder.At("folds", "fold-2", "run.json"))).RootElement;
        Assert.Equal((40, 20), (second.GetProperty("data").GetProperty("train").GetInt32(), second.GetProperty("data").GetProperty("validation").GetInt32()));
        CliRun.Of("finetune", "--resume", _folder.At("folds", "fold-2"), "--epochs", "2", "--quiet").Succeeded();
        CliRun.Of([.. _train, "--k-fold", "3", "--fold", "2", "--out", _folder.At("one")]).Succeeded();
        CliRun.Of([.. _train, "--fold", "2", "--out", _folder.At("no")]).Refused("--k-fold and --fold belong together");
        CliRun.Of([.. _train, "--k-fold", "3", "--fold", "4", "--out", _folder.At("no")]).Refused("--fold 4 is out of range");
        CliRun.Of([.. _train, "--k-fold", "1", "--fold", "1", "--out", _folder.At("no")]).Refused("--k-fold 1 is out of range");
        CliRun.Of([.. _train, "--k-fold", "3", "--fold", "1", "--validation-split", "0.2", "--out", _folder.At("no")]).Refused("two ways to say");
    }

    /// <summary>A pretraining too; and without chance among what varies there is no mean.</summary>
    [Fact]
    public void Pretraining_is_swept_likewise()
    {
        JsonElement sweep = CliRun.Of("pretrain", "--data", "sample", "--model", "tiny", "--steps", "2", "--eval-limit", "8", "--lr", "1e-3,1e-4", "--out", _folder.At("sweep"), "--json").Json();
        Assert.Equal(2, sweep.GetProperty("runs").GetArrayLength());
        Assert.Empty(sweep.GetProperty("groups").EnumerateArray());
        Assert.All(sweep.GetProperty("runs").EnumerateArray(), run => Assert.True(run.GetProperty("done").GetBoolean()));
    }

    [Fact]
    public void One_length_is_held_against_a_schedule_of_lengths()
    {
        CliRun.Of("pretrain", "--steps", "2", "--batch-size", "2", "--eval-limit", "4", "--cache", "none", "--seq-len", "16,8:16", "--out", _folder.At("lengths"), "--quiet").Succeeded();
        foreach ((string folder, string lengths) in ((string, string)[])[("seq-len-16", "16"), ("seq-len-8-16", "8:16")])
            Assert.Contains($"\"seq-len\": \"{lengths}\"", File.ReadAllText(_folder.At($"lengths/{folder}/run.json")));
        CliRun.Of("pretrain", "--seq-len", "16,16:8", "--out", _folder.At("none")).Refused("--seq-len '16:8' does not ascend");
    }

    [Fact]
    public void A_sweep_takes_the_place_of_another_and_of_nothing_else()
    {
        string root = _folder.At("sweep");
        CliRun.Of([.. _train, "--seed", "1,2", "--lr", "1e-3", "--out", root]).Succeeded();
        // Input that is wrong for all loses nothing.
        string[] elsewhere = [.. _train.Select(arg => arg == _folder.At("labels.csv") ? _folder.At("none.csv") : arg)];
        CliRun.Of([.. elsewhere, "--seed", "1,2", "--lr", "5e-3", "--out", root, "--overwrite"]).Failed(ExitCodes.Usage, "none.csv");
        Assert.True(File.Exists(Path.Combine(root, "seed-1", "checkpoint", "model.safetensors")));
        CliRun again = CliRun.Of([.. _train, "--seed", "1,2", "--lr", "5e-3", "--out", root, "--overwrite"]).Succeeded();
        Assert.DoesNotContain("done already", again.Error);
        foreach (string run in (string[])["seed-1", "seed-2"])
            Assert.Contains("\"lr\": 0.005", File.ReadAllText(Path.Combine(root, run, "run.json")));
        Assert.Contains("done already", CliRun.Of("finetune", "--resume", root).Succeeded().Error);

        string single = Path.Combine(root, "seed-1");
        byte[] before = File.ReadAllBytes(Path.Combine(single, "summary.json"));
        CliRun.Of([.. _train, "--seed", "1,2", "--out", single, "--overwrite"]).Refused("no sweep", single);
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(single, "summary.json")));
    }

    /// <summary>As if a sweep that replaces another had been stopped after its first run.</summary>
    [Fact]
    public void What_was_not_replaced_yet_is_not_taken_for_done()
    {
        string root = _folder.At("sweep"), old = _folder.At("old");
        CliRun.Of([.. _train, "--seed", "1,2", "--lr", "1e-3", "--out", root]).Succeeded();
        string run = File.ReadAllText(Path.Combine(root, "seed-2", "run.json"));
        Directory.Move(Path.Combine(root, "seed-2"), old);
        CliRun.Of([.. _train, "--seed", "1,2", "--lr", "5e-3", "--out", root, "--overwrite"]).Succeeded();
        Directory.Delete(Path.Combine(root, "seed-2"), recursive: true);
        Directory.Move(old, Path.Combine(root, "seed-2"));
        string hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(run)));
        string plan = File.ReadAllText(Path.Combine(root, "sweep.json"));
        File.WriteAllText(Path.Combine(root, "sweep.json"), plan.Replace("\"replaced\": {}", $"\"replaced\": {{ \"seed-2\": \"{hash}\" }}"));
        CliRun resumed = CliRun.Of("finetune", "--resume", root).Succeeded();
        Assert.Contains("run 1 of 2: seed 1: done already", resumed.Error);
        Assert.DoesNotContain("seed 2: done already", resumed.Error);
        Assert.Contains("\"lr\": 0.005", File.ReadAllText(Path.Combine(root, "seed-2", "run.json")));
    }

    [Fact]
    public void Input_that_is_wrong_for_one_run_stops_no_other()
    {
        CliRun sweep = CliRun.Of([.. _train, "--max-length", "16,999,12", "--out", _folder.At("sweep")]);
        Assert.Equal(ExitCodes.Failure, sweep.Code);
        Assert.Contains("failed: --max-length 999", sweep.Error);
        Assert.Contains("not done: max-length-999", sweep.Out);
        Assert.True(File.Exists(_folder.At("sweep/max-length-12/summary.json")));
    }

    [Fact]
    public void Wrong_grids_are_refused_before_anything_is_run()
    {
        CliRun.Of([.. _train, "--steps", "2,0", "--out", _folder.At("a")]).Refused("--steps 0 is out of range");
        CliRun.Of([.. _train, "--method", "lora", "--rank", "4,0", "--out", _folder.At("a")]).Refused("--rank 0 is out of range");
        CliRun.Of("pretrain", "--mask-prob", "0.15,2", "--out", _folder.At("a")).Refused("--mask-prob 2");
        CliRun.Of([.. _train, "--seed", "3..1", "--out", _folder.At("a")]).Refused("--seed '3..1' is no range");
        CliRun.Of([.. _train, "--seed", "1,1", "--out", _folder.At("a")]).Refused("--seed names '1' twice");
        CliRun.Of([.. _train, "--lr", "1e-3,high", "--out", _folder.At("a")]).Refused("--lr", "high", "a number");
        CliRun.Of([.. _train, "--seed", "1..40", "--rank", "1..40", "--out", _folder.At("a")]).Refused("more than 1000 runs");
        Assert.False(Directory.Exists(_folder.At("a")));
    }
}
