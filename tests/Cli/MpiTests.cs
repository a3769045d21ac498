using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using BareBert.Cli;
using Xunit;

namespace BareBert.Tests;

/// <summary>The program as launchers start it: several processes, one voice, one result.</summary>
[Collection(nameof(CliCollection))]
public sealed class MpiTests(TrainedRun run) : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("mpirun.openmpi", 3)]
    [InlineData("mpirun.mpich", 2)]
    public void Several_processes_leave_what_one_leaves(string launcher, int processes)
    {
        MpiRun.Need(launcher);
        string one = _scratch["one"], several = _scratch["several"];
        CliRun.Of([.. Pretrain(one, "--steps", "6", "--micro-batches", "8")]).Succeeded();
        MpiRun first = MpiRun.Of(launcher, processes, [.. Pretrain(several, "--steps", "4")]);
        Assert.True(first.Code == 0, first.Error);
        MpiRun second = MpiRun.Of(launcher, 2, "pretrain", "--resume", several, "--steps", "6", "--shard", "optimizer", "--json");
        Assert.True(second.Code == 0, second.Error);
        Assert.Equal(6, JsonDocument.Parse(second.Output).RootElement.GetProperty("steps").GetInt32());
        Assert.Contains("\"bytes_per_step\": ", File.ReadAllText(Path.Combine(several, "summary.json")));
        TinyRun.AssertSameCheckpoint(one, several);
        Assert.Contains($"{processes} processes share a step's 8 micro-batches", first.Error);
        Assert.Single(Regex.Matches(first.Output, "Perplexity by epoch"));
    }

    [Theory]
    [InlineData("mpirun.openmpi")]
    [InlineData("mpirun.mpich")]
    public void What_is_wrong_is_said_once(string launcher)
    {
        MpiRun wrong = MpiRun.Of(launcher, 2, "pretrain", "--data", _scratch["missing.txt"]);
        Assert.Equal(ExitCodes.Usage, wrong.Code);
        Assert.Single(Regex.Matches(wrong.Error, "missing.txt"));
        MpiRun usage = MpiRun.Of(launcher, 2, "pretrain", "--batch-siz", "4");
        Assert.Equal(ExitCodes.Usage, usage.Code);
        Assert.Single(Regex.Matches(usage.Error, "^barebert: ", RegexOptions.Multiline));
        MpiRun other = MpiRun.Of(launcher, 2, "predict", "--model", "x", "a text");
        Assert.Equal(ExitCodes.Usage, other.Code);
        Assert.Single(Regex.Matches(other.Error, "predict is done by one"));
    }

    [Fact]
    public void There_must_be_a_micro_batch_for_each()
    {
        MpiRun few = MpiRun.Of("mpirun.openmpi", 3, [.. Pretrain(_scratch["few"]).Select(word => word == "8" ? "2" : word)]);
        Assert.Equal(ExitCodes.Usage, few.Code);
        Assert.Contains("there is not enough for 3 processes", few.Error);
    }

    /// <summary>A signal to one process alone lets all stop after the same step; what was learned is saved once.</summary>
    [Fact]
    public void A_signal_to_one_stops_all()
    {
        MpiRun.Need("mpirun.openmpi");
        string directory = _scratch["stopped"];
        MpiRun stopped = MpiRun.Of("mpirun.openmpi", 2, launcher =>
        {
            var clock = Stopwatch.StartNew();
            while (!Directory.Exists(Path.Combine(directory, "checkpoint")))
            {
                Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60) && !launcher.HasExited, "no checkpoint appeared");
                Thread.Sleep(20);
            }
            using Process kill = Process.Start("pkill", ["-TERM", "-n", "-P", $"{launcher.Id}"]);
            kill.WaitForExit();
        }, Pretrain(directory, "--steps", "1000000", "--save-every", "3"));
        Assert.True(stopped.Code == ExitCodes.Interrupted, $"{stopped.Code}: {stopped.Error}");
        MpiRun resumed = MpiRun.Of("mpirun.openmpi", 2, "pretrain", "--resume", directory, "--steps", $"{StepOf(directory) + 2}");
        Assert.True(resumed.Code == 0, resumed.Error);
    }

    [Theory]
    [InlineData("mpirun.openmpi", 4, "Open MPI")]
    [InlineData("mpirun.mpich", 2, "MPICH")]
    public void The_doctor_tries_the_processes(string launcher, int processes, string name)
    {
        MpiRun doctor = MpiRun.Of(launcher, processes, "doctor");
        Assert.True(doctor.Code == 0, doctor.Error);
        Assert.Matches($@"{processes} processes by {name} [\d.]+ \({processes} on .*\): each reaches each", doctor.Output.Trim());
    }

    private static int StepOf(string directory) =>
        TrainerState.Read(Path.Combine(AtomicDirectory.Find(Path.Combine(directory, "checkpoint"))!, CheckpointNames.TrainerState)).Step;

    private string[] Pretrain(string directory, params string[] more) => [.. run.Pretrain(directory).Where(word => word != "--quiet"), .. more];
}
