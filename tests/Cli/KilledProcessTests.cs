using System.Diagnostics;
using System.Text.Json;
using BareBert.Cli;
using Xunit;

namespace BareBert.Tests;

/// <summary>The program as its own process, killed or interrupted in the middle of a run.</summary>
[Collection(nameof(CliCollection))]
public sealed class KilledProcessTests(TrainedRun run) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private Process? _process;

    /// <summary>A run that a failed test leaves behind would go on for ever.</summary>
    public void Dispose()
    {
        if (_process is { HasExited: false })
            _process.Kill();
        _process?.Dispose();
    }

    [Fact]
    public void Killed_without_warning_it_goes_on_from_the_last_checkpoint_as_if_nothing_had_been()
    {
        string directory = run.New();
        Process process = StartEndlessRun(directory);
        WaitForStep(directory, process, 6);
        process.Kill();
        process.WaitForExit();
        Assert.NotEqual(0, process.ExitCode);
        AssertGoesOn(directory);
    }

    [Fact]
    public void Killed_before_the_border_of_a_stage_it_goes_on_across_it()
    {
        string directory = run.New(), straight = run.New();
        string[] Staged(string directory)
        {
            string[] args = run.Pretrain(directory);
            args[Array.IndexOf(args, "--seq-len") + 1] = "8:16:32";
            return [.. args, "--steps", "600", "--save-every", "3", "--no-first-evaluation", "--json"];
        }
        Process process = Start(Staged(directory));
        WaitForStep(directory, process, 6);
        process.Kill();
        process.WaitForExit();
        Assert.True(StepOf(directory) < 600);
        CliRun.Of("pretrain", "--resume", directory, "--quiet").Succeeded();
        CliRun.Of(Staged(straight)).Succeeded();
        AssertSame(straight, directory);
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    [InlineData("HUP")]
    public void Interrupted_it_saves_and_exits_with_130(string signal)
    {
        if (OperatingSystem.IsWindows())
            Assert.Skip("signals are sent by Unix's kill");
        string directory = run.New();
        Process process = StartEndlessRun(directory);
        WaitForStep(directory, process, 3);
        using (Process kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]))
            kill.WaitForExit();
        Assert.True(process.WaitForExit(Patience));
        string error = process.StandardError.ReadToEnd();
        Assert.True(process.ExitCode == ExitCodes.Interrupted, $"exit code {process.ExitCode}: {error}");
        Assert.DoesNotContain("   at ", error);
        JsonElement result = JsonDocument.Parse(process.StandardOutput.ReadToEnd()).RootElement;
        Assert.Equal("interrupted", result.GetProperty("end").GetString());
        Assert.Equal(StepOf(directory), result.GetProperty("steps").GetInt32());
        AssertGoesOn(directory);
    }

    // A run that would not end by itself, saving every third step.
    private Process StartEndlessRun(string directory) => Start([.. run.Pretrain(directory), "--steps", "1000000", "--save-every", "3", "--json"]);

    private Process Start(string[] args)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "barebert.dll");
        // Whoever started the tests may ignore SIGINT or SIGHUP, as a shell and nohup do for what goes on in the background, and children inherit that.
        ProcessStartInfo start = OperatingSystem.IsLinux()
            ? new("env", ["--default-signal=INT,HUP", "dotnet", "exec", program, .. args])
            : new("dotnet", ["exec", program, .. args]);
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        return _process = Process.Start(start)!;
    }

    private static void WaitForStep(string directory, Process process, int step)
    {
        var clock = Stopwatch.StartNew();
        while (StepOf(directory) < step)
        {
            Assert.False(process.HasExited, "it ended by itself");
            Assert.True(clock.Elapsed < Patience, "no checkpoint appeared");
            Thread.Sleep(10);
        }
    }

    // The checkpoint is replaced while this looks: a miss is asked for again.
    private static int StepOf(string directory)
    {
        try
        {
            string? whole = AtomicDirectory.Find(Path.Combine(directory, "checkpoint"));
            return whole is null ? -1 : TrainerState.Read(Path.Combine(whole, CheckpointNames.TrainerState)).Step;
        }
        catch (InputException)
        {
            return -1;
        }
    }

    // Ended a few steps later, it is the run that was never stopped.
    private void AssertGoesOn(string directory)
    {
        string steps = $"{StepOf(directory) + 4}", straight = run.New();
        CliRun.Of("pretrain", "--resume", directory, "--steps", steps, "--quiet").Succeeded();
        CliRun.Of([.. run.Pretrain(straight), "--steps", steps, "--save-every", "3"]).Succeeded();
        AssertSame(straight, directory);
    }

    private static void AssertSame(string straight, string directory)
    {
        TinyRun.AssertSameCheckpoint(straight, directory);
        Assert.Equal(Lines(straight), Lines(directory));
    }

    // Of every line of the log what it is about: no step may be missing or doubled.
    private static string[] Lines(string directory) => [.. File.ReadLines(Path.Combine(directory, "metrics.jsonl")).Select(line =>
    {
        JsonElement json = JsonDocument.Parse(line).RootElement;
        string split = json.TryGetProperty("split", out JsonElement name) ? name.GetString()! : "";
        return $"{json.GetProperty("event").GetString()} {json.GetProperty("step").GetInt32()} {split}";
    })];
}
