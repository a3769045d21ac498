using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using BareBert.Cli;
using Xunit;

namespace BareBert.Tests;

/// <summary>Several processes of which one is lost: all end, one says why, and the run goes on from its last checkpoint as if nothing had been.</summary>
[Collection(nameof(CliCollection))]
public sealed class MpiFaultTests(TrainedRun run) : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("mpirun.openmpi", 2)]
    [InlineData("mpirun.openmpi", 0)]
    [InlineData("mpirun.mpich", 1)]
    public void One_is_killed(string launcher, int lost)
    {
        MpiRun ended = Disturb(launcher, "KILL", lost);
        Assert.NotEqual(ExitCodes.Success, ended.Code);
        if (launcher == "mpirun.openmpi") // MPICH's launcher may kill the rest before they can say anything; it says it itself
            Assert.Matches($"^barebert: process {lost} on .* is gone", OneLine(ended));
        else
            Assert.Contains("KILLED BY SIGNAL: 9", (ended.Output + ended.Error).Replace("EXIT STRING: Killed (signal 9)", "KILLED BY SIGNAL: 9"));
        GoesOn();
    }

    [Theory]
    [InlineData("mpirun.openmpi", 1)]
    [InlineData("mpirun.mpich", 0)]
    public void One_hangs(string launcher, int lost)
    {
        MpiRun ended = Disturb(launcher, "STOP", lost);
        Assert.NotEqual(ExitCodes.Success, ended.Code);
        Assert.Matches($"^barebert: process {lost} on .* has not been heard of for {MpiRun.Silence.TotalSeconds} seconds", OneLine(ended));
        GoesOn();
    }

    [Theory]
    [InlineData("mpirun.openmpi")]
    [InlineData("mpirun.mpich")]
    public void One_is_asked_to_stop(string launcher)
    {
        MpiRun ended = Disturb(launcher, "INT", 1);
        Assert.Equal(ExitCodes.Interrupted, ended.Code);
        Assert.Single(Regex.Matches(ended.Output + ended.Error, "interrupted after step"));
        GoesOn();
    }

    /// <summary>Whichever of the processes that write a checkpoint finds no room first.</summary>
    [Theory]
    [InlineData("mpirun.openmpi")]
    [InlineData("mpirun.mpich")]
    public void The_disk_is_full(string launcher)
    {
        MpiRun.Need(launcher);
        using var disk = new SmallDisk(_scratch["disk"], 1000);
        string full = Path.Combine(disk.Path, "run");
        MpiRun begun = MpiRun.Of(launcher, 3, [.. run.Pretrain(full), "--no-first-evaluation", "--micro-batches", "4", "--steps", "2"]);
        Assert.True(begun.Code == 0, begun.Error);
        disk.Fill(butFor: 60); // the best model has room, a checkpoint has not
        MpiRun ended = MpiRun.Of(launcher, 3, "pretrain", "--resume", full, "--steps", "4", "--quiet");
        Assert.Equal(ExitCodes.Failure, ended.Code);
        Assert.Matches(@"^barebert: (process \d: )?cannot write: .*: the disk is full; free some space \(step 2 is saved: go on from there with --resume ", OneLine(ended));
        disk.Free();
        MpiRun resumed = MpiRun.Of(launcher, 2, "pretrain", "--resume", full, "--steps", "4", "--quiet");
        Assert.True(resumed.Code == 0, resumed.Error);
        string straight = _scratch["straight"];
        CliRun.Of([.. run.Pretrain(straight), "--no-first-evaluation", "--micro-batches", "4", "--steps", "4"]).Succeeded();
        TinyRun.AssertSameCheckpoint(straight, full);
    }

    // A run that would not end by itself, one of whose three processes gets a signal once there is a checkpoint. Nothing of it is left.
    private MpiRun Disturb(string launcher, string signal, int lost)
    {
        string directory = _scratch["run"];
        Dictionary<int, int> ranks = [];
        MpiRun ended = MpiRun.Of(launcher, 3, launched =>
        {
            MpiRun.Await(() => launched.HasExited || File.Exists(Checkpointed(directory)));
            Assert.False(launched.HasExited);
            ranks = MpiRun.Ranks(directory);
            Assert.Equal([0, 1, 2], ranks.Keys.Order());
            using Process kill = Process.Start("kill", [$"-{signal}", $"{ranks[lost]}"]);
            kill.WaitForExit();
        }, [.. run.Pretrain(directory), "--no-first-evaluation", "--micro-batches", "4", "--steps", "1000000", "--save-every", "3"]);
        MpiRun.Await(() => MpiRun.Ranks(directory).Count == 0);
        return ended;
    }

    // In one process, from the last checkpoint, it becomes what a run in one process is that nothing happened to.
    private void GoesOn()
    {
        string directory = _scratch["run"], straight = _scratch["straight"];
        string steps = $"{JsonDocument.Parse(File.ReadAllText(Checkpointed(directory))).RootElement.GetProperty("step").GetInt32() + 2}";
        CliRun.Of("pretrain", "--resume", directory, "--quiet", "--steps", steps).Succeeded();
        CliRun.Of([.. run.Pretrain(straight), "--no-first-evaluation", "--micro-batches", "4", "--steps", steps]).Succeeded();
        TinyRun.AssertSameCheckpoint(straight, directory);
    }

    private static string OneLine(MpiRun ended) => Assert.Single(ended.Error.Split('\n'), line => line.StartsWith("barebert: ", StringComparison.Ordinal));

    private static string Checkpointed(string directory) => Path.Combine(directory, "checkpoint", "trainer_state.json");
}
