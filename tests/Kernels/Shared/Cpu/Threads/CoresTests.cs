using System.Runtime.InteropServices;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

public partial class CoresTests
{
    // What Linux says of the thread that reads it.
    private const string OfThisThread = "/proc/thread-self/sched";

    private const int Nice = 7, UsualPriority = 120;

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetNice(int which, int thread, int nice);

    // Workers' own words; each waits in its first tile until all have one.
    private struct Listen(string?[] heard, CountdownEvent all) : ITileJob
    {
        public readonly void Invoke(int tile, int worker)
        {
            if (heard[worker] is not null)
                return;
            heard[worker] = File.ReadAllText(OfThisThread);
            all.Signal();
            all.Wait(TimeSpan.FromSeconds(20));
        }
    }

    [Fact]
    public void Workers_ask_for_short_turns_and_stay_as_nice_as_they_were()
    {
        if (!OperatingSystem.IsLinux() || !File.Exists(OfThisThread) || Value(File.ReadAllText(OfThisThread), "se.slice") is null || Environment.OSVersion.Version < new Version(6, 12))
            Assert.Skip($"Linux 6.12 with {OfThisThread} says how long a thread's turns are");
        string?[] heard = new string?[3];
        var caller = new Thread(() =>
        {
            Assert.Equal(0, SetNice(0, 0, Nice)); // Of this thread alone, and of those that it starts.
            using var team = new ThreadTeam(heard.Length);
            using var all = new CountdownEvent(heard.Length);
            team.RunTiles(heard.Length, new Listen(heard, all));
        });
        caller.Start();
        caller.Join();
        Assert.All(heard[1..], worker => Assert.Equal(("100000", $"{UsualPriority + Nice}", "0"), (Value(worker!, "se.slice"), Value(worker!, "prio"), Value(worker!, "policy"))));
        Assert.NotEqual("100000", Value(heard[0]!, "se.slice")); // The caller's thread is the caller's.
    }

    // "se.slice        :     1400000"
    private static string? Value(string text, string name) =>
        text.Split('\n').Select(line => line.Split(':')).Where(parts => parts[0].Trim() == name).Select(parts => parts[1].Trim()).FirstOrDefault();
}
