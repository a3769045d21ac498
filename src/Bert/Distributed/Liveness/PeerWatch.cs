using System.Diagnostics;
using System.Net.Sockets;

namespace BareBert.Bert.Distributed.Liveness;

/// <summary>
/// Heartbeats between processes: who is gone or silent is noticed while nobody waits for a message of his, and while everybody waits for one
/// that never comes. Then one process says so, and all end with the same exit code.
/// </summary>
/// <remarks>
/// What one process comes to know it tells the first that it can reach, which speaks: the first reason that it is told, and no other. Where the first
/// process itself is lost the second speaks, and where that one is lost too each says it by itself, those of higher numbers later.
/// </remarks>
internal sealed class PeerWatch : IDisposable
{
    /// <summary>Time between two heartbeats.</summary>
    public static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(500);

    // Heartbeats to wait for a hub that was told and does nothing; and, where there is none, at most for another one to speak.
    private const int HubBeats = 10, LongestStagger = 16;

    private readonly int _rank;
    private readonly string[] _hosts;
    private readonly int _patience;
    private readonly List<Lifeline> _lines;
    private readonly Action<string> _say;
    private readonly Action<int, bool> _end;
    private readonly Thread _thread;
    private readonly Lock _failing = new();
    private readonly ManualResetEventSlim _over = new();
    private (byte Code, string Text)? _failure;
    private int _told = -1, _beatsSinceTold;
    private volatile bool _isStopped;

    /// <summary>Begins to watch.</summary>
    /// <param name="rank">This process.</param>
    /// <param name="hosts">[size], the machines' names.</param>
    /// <param name="lines">To those that it watches; owned from here on.</param>
    /// <param name="patience">How long a process may be silent; zero: for ever.</param>
    /// <param name="say">Says why all end.</param>
    /// <param name="end">Ends this process; given the exit code, and whether it was the one that spoke.</param>
    public PeerWatch(int rank, string[] hosts, Lifeline[] lines, TimeSpan patience, Action<string> say, Action<int, bool> end)
    {
        (_rank, _hosts, _lines, _say, _end) = (rank, hosts, [.. lines], say, end);
        _patience = patience > TimeSpan.Zero ? (int)Math.Ceiling(patience / Beat) : int.MaxValue;
        _thread = new Thread(Run) { IsBackground = true, Name = "heartbeats" };
        _thread.Start();
    }

    /// <summary>Ends all processes for a reason that only this one knows; returns once it has been done.</summary>
    /// <param name="code">The exit code of all.</param>
    /// <param name="text">Why, for people; of several that fail at once only one is heard.</param>
    public void Fail(int code, string text)
    {
        Report((byte)code, text);
        _over.Wait();
    }

    /// <summary>Waits for what the processes that are watched have to do with a failure of the transport.</summary>
    /// <returns>False where nothing is wrong with them.</returns>
    public bool Explains(TimeSpan limit) => _over.Wait(limit);

    /// <summary>Tells the others that this process has done its part, and stops watching.</summary>
    public void Dispose()
    {
        _isStopped = true;
        _thread.Join();
        foreach (Lifeline line in _lines)
        {
            line.Send(PeerWord.Done);
            line.Dispose();
        }
    }

    private void Run()
    {
        long last = Stopwatch.GetTimestamp();
        while (!_isStopped && !_over.IsSet)
        {
            foreach (Lifeline line in Readable(Beat - Stopwatch.GetElapsedTime(last)))
                Read(line);
            if (Stopwatch.GetElapsedTime(last) < Beat)
                continue;
            last = Stopwatch.GetTimestamp();
            foreach (Lifeline line in _lines.ToArray())
            {
                line.Send(PeerWord.Alive);
                if (++line.SilentBeats > _patience)
                    Lost(line, $"has not been heard of for {Beat.TotalSeconds * _patience:0.#} seconds: it hangs, or its host is cut off");
            }
            Proceed();
        }
    }

    private List<Lifeline> Readable(TimeSpan limit)
    {
        if (limit < TimeSpan.Zero)
            limit = TimeSpan.Zero;
        if (_lines.Count == 0)
        {
            Thread.Sleep(limit);
            return [];
        }
        List<Socket> sockets = [.. _lines.Select(line => line.Socket)];
        Socket.Select(sockets, null, null, limit);
        return [.. _lines.IntersectBy(sockets, line => line.Socket)];
    }

    private void Read(Lifeline line)
    {
        bool isDone = false;
        bool isOpen = line.Read(message =>
        {
            switch (message.Word)
            {
                case PeerWord.Done: isDone = true; break;
                case PeerWord.Failed: Report(message.Code, message.Text); break;
                case PeerWord.End: End(message.Code, false); break;
            }
        });
        if (isDone)
            Drop(line);
        else if (!isOpen && !_over.IsSet)
        {
            Drop(line);
            Lost(line, "is gone: it crashed, or was killed (by hand, by its launcher, for want of memory)");
        }
        if (_failure is not null && _told < 0)
            Proceed();
    }

    private void Lost(Lifeline line, string how) =>
        Report(1, $"process {line.Peer} on {_hosts[line.Peer]} {how}; resume the run from its last checkpoint, with as many processes as there are now");

    private void Drop(Lifeline line)
    {
        _lines.Remove(line);
        line.Dispose();
    }

    private void Report(byte code, string text)
    {
        lock (_failing)
            _failure ??= (code, text);
    }

    // Hands the reason to who speaks, or speaks.
    private void Proceed()
    {
        (byte Code, string Text)? failure;
        lock (_failing)
            failure = _failure;
        if (failure is not var (code, text) || _over.IsSet)
            return;
        Lifeline? hub = _lines.Where(line => line.Peer < Math.Min(_rank, LifelineMeeting.Hubs) && line.SilentBeats <= _patience).MinBy(line => line.Peer);
        _beatsSinceTold++;
        if (hub is null)
        {
            if (_rank < LifelineMeeting.Hubs || _beatsSinceTold > Math.Min(_rank, LongestStagger))
                Speak(code, text);
        }
        else if (hub.Peer != _told)
        {
            hub.Send(PeerWord.Failed, code, text);
            (_told, _beatsSinceTold) = (hub.Peer, 0);
        }
        else if (_beatsSinceTold > HubBeats)
        {
            Drop(hub); // whatever is wrong with it
            _beatsSinceTold = 0;
        }
    }

    private void Speak(byte code, string text)
    {
        _say(text);
        foreach (Lifeline line in _lines)
            line.Send(PeerWord.End, code);
        Thread.Sleep(Beat); // to be heard before the launcher acts
        End(code, true);
    }

    private void End(int code, bool hasSpoken)
    {
        if (_over.IsSet)
            return;
        _end(code, hasSpoken);
        _over.Set();
    }
}
