using System.Text.RegularExpressions;
using BareBert.Cli;
using Xunit;

namespace BareBert.Tests;

/// <summary>The program as whoever sets torchrun's variables starts it, without MPI: several processes, one voice, one result.</summary>
[Collection(nameof(CliCollection))]
public sealed class TorchrunTests(TrainedRun run) : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Several_processes_leave_what_one_leaves()
    {
        string one = _scratch["one"], several = _scratch["several"];
        CliRun.Of([.. Pretrain(one, "--steps", "6", "--micro-batches", "8")]).Succeeded();
        LaunchedProcesses first = LaunchedProcesses.Of(4, [0, 1, 2, 3], null, [.. Pretrain(several, "--steps", "4")]);
        Assert.All(first.Codes, code => Assert.True(code == 0, first.Errors[0]));
        // MPI's variables beside them change nothing: no library is looked for.
        LaunchedProcesses second = LaunchedProcesses.Of(2, [1, 0], new() { ["OMPI_COMM_WORLD_RANK"] = "0", ["OMPI_COMM_WORLD_SIZE"] = "3", ["BAREBERT_MPI"] = "/nowhere" }, "pretrain", "--resume", several, "--steps", "6");
        Assert.All(second.Codes, code => Assert.True(code == 0, second.Errors[1]));
        TinyRun.AssertSameCheckpoint(one, several);
        Assert.Contains("4 processes share a step's 8 micro-batches", first.Errors[0]);
        Assert.Contains("Perplexity by epoch", first.Outputs[0]);
        Assert.All(first.Outputs[1..].Concat(first.Errors[1..]), text => Assert.Equal("", text));
    }

    [Fact]
    public void A_process_that_does_not_come_is_named_once()
    {
        LaunchedProcesses without = LaunchedProcesses.Of(3, [0, 1], new() { ["BAREBERT_JOIN_SECONDS"] = "4" }, [.. Pretrain(_scratch["x"])]);
        Assert.All(without.Codes, code => Assert.Equal(ExitCodes.Failure, code));
        Assert.Matches("^barebert: process 2 of 3 did not come to localhost:[0-9]+ within 4 seconds: start all 3", without.Errors[0]);
        Assert.Equal("", without.Errors[1]);
        Assert.False(Directory.Exists(_scratch["x"]));
        // Who finds no process 0 can tell nobody.
        LaunchedProcesses alone = LaunchedProcesses.Of(3, [2], new() { ["BAREBERT_JOIN_SECONDS"] = "1" }, [.. Pretrain(_scratch["x"])]);
        Assert.Equal(ExitCodes.Failure, alone.Codes[0]);
        Assert.Matches("^barebert: process 0 is not found at localhost:[0-9]+ for 1 seconds", alone.Errors[0]);
    }

    [Fact]
    public void What_is_wrong_is_said_once()
    {
        LaunchedProcesses wrong = LaunchedProcesses.Of(2, [0, 1], null, "pretrain", "--data", _scratch["missing.txt"]);
        Assert.All(wrong.Codes, code => Assert.Equal(ExitCodes.Usage, code));
        Assert.Single(Regex.Matches(string.Concat(wrong.Errors), "missing.txt"));
        LaunchedProcesses twice = LaunchedProcesses.Of(2, [0, 1], new() { ["RANK"] = "2" }, "pretrain");
        Assert.All(twice.Codes, code => Assert.Equal(ExitCodes.Usage, code));
        Assert.Contains("RANK 2 and WORLD_SIZE 2 do not go together", twice.Errors[0]);
    }

    // The vocabulary and the token ids are made once; the other process says what it found only when asked.
    [Fact]
    public void One_process_reads_the_corpus_and_says_who_waits()
    {
        string corpus = _scratch["corpus.txt"];
        File.WriteAllText(corpus, string.Concat(Enumerable.Range(0, 60).Select(i => $"Number {i} is written here. It is followed by {i + 1}.\n\n")));
        LaunchedProcesses both = LaunchedProcesses.Of(2, [0, 1], null, "pretrain", "--data", corpus, "--vocab", "120", "--model", "tiny", "--seq-len", "32", "--steps", "1", "--cache", _scratch["cache"], "--out", _scratch["read"], "--verbose");
        Assert.All(both.Codes, code => Assert.Equal(0, code));
        Assert.Single(Regex.Matches(string.Concat(both.Errors), "training a WordPiece vocabulary of 120 entries"));
        Assert.Single(Regex.Matches(string.Concat(both.Errors), "tokenising corpus.txt: the other process waits for it"));
        Assert.Equal([".tokens", ".vocab"], Directory.GetFiles(_scratch["cache"]).Select(path => Path.GetExtension(path)).Order());
    }

    /// <summary>A host that was forgotten when the others got a new build, say.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Who_runs_another_program_is_named_before_anything_is_written(int other)
    {
        string[] programs = [LaunchedProcesses.Program, LaunchedProcesses.Program];
        programs[other] = OtherProgram.Make(_scratch["program"]);
        LaunchedProcesses ended = LaunchedProcesses.Of(programs, Pretrain(_scratch["x"]));
        Assert.All(ended.Codes, code => Assert.Equal(ExitCodes.Usage, code));
        Assert.Matches("^barebert: process 1 on .* has a program other than process 0 on .*: give all hosts the same program, data, vocabulary, model and options\n$", ended.Errors[0]);
        Assert.Equal("", ended.Errors[1]);
        Assert.False(Directory.Exists(_scratch["x"]));
    }

    // A machine may have the variables in its whole environment.
    [Fact]
    public void What_one_process_does_each_does_for_itself()
    {
        LaunchedProcesses other = LaunchedProcesses.Of(2, [0, 1], null, "predict", "--model", _scratch["nothing"], "a text");
        Assert.All(other.Codes, code => Assert.Equal(ExitCodes.Usage, code));
        Assert.All(other.Errors, error => Assert.Contains("nothing", error));
    }

    private string[] Pretrain(string directory, params string[] more) => [.. run.Pretrain(directory).Where(word => word != "--quiet"), .. more];
}
