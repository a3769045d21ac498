using System.Runtime.InteropServices;

namespace BareBert.Bert.Distributed.Liveness;

/// <summary>
/// A group whose processes watch each other, over connections of their own. No transport can be trusted to notice that a process is gone: MPI and NCCL may wait for ever.
/// Within seconds of one being killed, hanging or being cut off, one process says so and all end.
/// </summary>
public sealed class GuardedGroup : IProcessGroup
{
    /// <summary>The environment variable that says for how many seconds a process may be silent; 0: for ever, as a debugger needs.</summary>
    public const string Variable = "BAREBERT_PATIENCE";

    private const double UsualPatience = 15;

    // Until all have connected; for a launcher to end the rest; and for those that have not spoken, so that it hears of the one that has first.
    private static readonly TimeSpan MeetingLimit = TimeSpan.FromSeconds(28), LauncherLimit = TimeSpan.FromSeconds(3), ListenerLimit = TimeSpan.FromSeconds(1);

    private readonly IProcessGroup _inner;
    private readonly PeerWatch? _watch;
    private readonly TimeSpan _patience;
    private readonly Action<string> _say;

    /// <summary>Lets a group's processes watch each other from now on.</summary>
    /// <param name="inner">The group; owned from here on. Its members all call this.</param>
    /// <param name="say">Says why all end; called in one process, whatever its number.</param>
    /// <param name="notice">Is told where they cannot watch each other.</param>
    /// <exception cref="InputException">The environment's patience is no number of seconds.</exception>
    public GuardedGroup(IProcessGroup inner, Action<string> say, Action<string> notice)
    {
        (_inner, _say, _patience) = (inner, say, inner.All(() => WaitingTime.Of(Variable, Environment.GetEnvironmentVariable(Variable), UsualPatience, zeroIsForEver: true)));
        using (new Timer(_ => GiveUp(), null, MeetingLimit, Timeout.InfiniteTimeSpan))
        {
            string[] hosts = inner.GatherTexts(Environment.MachineName);
            Lifeline[] lines = LifelineMeeting.Connect(inner, hosts, out string? trouble);
            if (trouble is null)
                _watch = new PeerWatch(inner.Rank, hosts, lines, _patience, say, End);
            else if (inner.Rank == 0)
                notice($"a process that hangs or is cut off will not be noticed: {trouble}; let TCP connections between the hosts through");
        }
    }

    /// <inheritdoc/>
    public int Rank => _inner.Rank;

    /// <inheritdoc/>
    public int Size => _inner.Size;

    /// <inheritdoc/>
    public string Name => _inner.Name;

    /// <inheritdoc/>
    public long BytesSent => _inner.BytesSent;

    /// <inheritdoc/>
    public void Exchange(ReadOnlySpan<Transfer> sends, ReadOnlySpan<Transfer> receives)
    {
        try
        {
            _inner.Exchange(sends, receives);
        }
        catch (RunException) when (_watch is not null && _watch.Explains(_patience + LauncherLimit))
        {
            throw; // where ending takes its time
        }
    }

    /// <summary>Ends all processes for a reason that only this one knows: one process says it. Does not return.</summary>
    /// <param name="exitCode">Of all.</param>
    /// <param name="why">The reason, for people.</param>
    public void Fail(int exitCode, string why)
    {
        if (_watch is not null)
            _watch.Fail(exitCode, why);
        _say(why);
        End(exitCode, true);
    }

    /// <inheritdoc/>
    public void Abort(int exitCode) => End(exitCode, true);

    /// <inheritdoc/>
    public void Dispose()
    {
        _inner.Dispose(); // which may wait for others
        _watch?.Dispose();
    }

    private void GiveUp()
    {
        if (Rank == 0)
            _say($"the processes did not all answer within {MeetingLimit.TotalSeconds:0} seconds of their start: one of them hangs, or its host is cut off");
        End(1, Rank == 0);
    }

    // Whatever this process is in the middle of: MPI, or the disk, may not answer any more.
    private void End(int exitCode, bool hasSpoken)
    {
        var last = new Thread(() =>
        {
            Thread.Sleep(hasSpoken ? LauncherLimit : ListenerLimit);
            Exit(exitCode);
        }) { IsBackground = true };
        last.Start();
        if (hasSpoken)
            _inner.Abort(exitCode);
        Thread.Sleep(Timeout.Infinite);
    }

    private static void Exit(int exitCode)
    {
        if (OperatingSystem.IsWindows())
            Environment.Exit(exitCode);
        ExitNow(exitCode);
    }

    // Without the handlers that libraries want called at the end, and that wait for others.
    [DllImport("libc", EntryPoint = "_exit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern void ExitNow(int exitCode);
}
