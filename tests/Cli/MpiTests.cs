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
        MpiRun second = MpiRun.Of(launcher, 2, "pretrain", "--resume", several, "--steps", "6");
        Assert.True(second.Code == 0, second.Error);
        foreach (string file in new[] { CheckpointNames.Weights, CheckpointNames.Optimizer })
            Assert.Equal(File.ReadAllBytes(Path.Combine(one, "checkpoint", file)), File.ReadAllBytes(Path.Combine(several, "checkpoint", file)));
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

    private string[] Pretrain(string directory, params string[] more) => [.. run.Pretrain(directory).Where(word => word != "--quiet"), .. more];
}
