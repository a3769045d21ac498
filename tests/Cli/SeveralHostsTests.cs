using System.Diagnostics;
using System.Text.RegularExpressions;
using BareBert.Cli;
using Xunit;

namespace BareBert.Tests;

/// <summary>Four hosts with addresses of their own, a process on each, over TCP.</summary>
[Collection(nameof(CliCollection))]
public sealed class SeveralHostsTests(TrainedRun run) : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("mpirun.openmpi")]
    [InlineData("mpirun.mpich")]
    public void They_leave_what_one_process_leaves(string launcher)
    {
        using var hosts = new VirtualHosts(4);
        string one = _scratch["one"], four = _scratch["four"];
        MpiRun several = MpiRun.Start(hosts.Launch(launcher), null, Pretrain(four, "--steps", "4"));
        Assert.True(several.Code == 0, several.Error);
        CliRun.Of(Pretrain(one, "--steps", "4")).Succeeded();
        TinyRun.AssertSameCheckpoint(one, four);
    }

    /// <summary>What it alone has of the moments, process 0 writes.</summary>
    [Fact]
    public void One_does_not_see_the_run_folder()
    {
        using var hosts = new VirtualHosts(4);
        string one = _scratch["one"], folder = Directory.CreateDirectory(_scratch["runs"]).FullName, four = Path.Combine(folder, "four");
        hosts.Prepare(4, $"mount -t tmpfs none {folder}");
        MpiRun several = MpiRun.Start(hosts.Launch("mpirun.mpich"), null, Pretrain(four, "--steps", "4", "--shard", "optimizer"));
        Assert.True(several.Code == 0, several.Error);
        CliRun.Of(Pretrain(one, "--steps", "4")).Succeeded();
        TinyRun.AssertSameCheckpoint(one, four);
    }

    [Theory]
    [InlineData("mpirun.openmpi")]
    [InlineData("mpirun.mpich")]
    public void One_is_cut_off(string launcher)
    {
        using var hosts = new VirtualHosts(4);
        string directory = _scratch["cut"];
        MpiRun ended = MpiRun.Start(hosts.Launch(launcher), launched =>
        {
            MpiRun.Await(() => launched.HasExited || File.Exists(Path.Combine(directory, "checkpoint", "trainer_state.json")));
            hosts.CutOff(3);
        }, Pretrain(directory, "--steps", "1000000", "--save-every", "3"));
        Assert.NotEqual(ExitCodes.Success, ended.Code);
        if (launcher == "mpirun.mpich" || !ended.Error.Contains("lost communication with a remote daemon", StringComparison.Ordinal)) // else the launcher was quicker
            Assert.Matches("^process 2 on node3 has not been heard of", OneLine(ended));
        long start = Stopwatch.GetTimestamp();
        while (MpiRun.Ranks(directory).Count > 0 && Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(30)) // on the host that nobody reaches
            Thread.Sleep(100);
        Assert.Empty(MpiRun.Ranks(directory));
        CliRun.Of("pretrain", "--resume", directory, "--quiet", "--time-budget", "1s").Succeeded();
    }

    /// <summary>The same path, and another file there.</summary>
    [Fact]
    public void One_has_another_vocabulary()
    {
        using var hosts = new VirtualHosts(4);
        string folder = Directory.CreateDirectory(_scratch["shared"]).FullName, vocabulary = Path.Combine(folder, "vocab.txt");
        File.Copy(run.Vocabulary, vocabulary);
        hosts.Prepare(4, $"mount -t tmpfs none {folder} && (head -n 5 {run.Vocabulary}; tail -n +6 {run.Vocabulary} | tac) >{vocabulary}");
        string[] args = Pretrain(_scratch["other"], "--steps", "4");
        args[Array.IndexOf(args, "--vocab") + 1] = vocabulary;
        MpiRun ended = MpiRun.Start(hosts.Launch("mpirun.openmpi"), null, args);
        Assert.Equal(ExitCodes.Usage, ended.Code);
        Assert.Matches("^process 3 on node4 has a vocabulary other than process 0 on node1", OneLine(ended));
    }

    private static string OneLine(MpiRun ended) => Assert.Single(Regex.Matches(ended.Error, "^barebert: (.*)", RegexOptions.Multiline)).Groups[1].Value;

    private string[] Pretrain(string directory, params string[] more) => [.. run.Pretrain(directory), "--no-first-evaluation", "--micro-batches", "8", .. more];
}
