using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using BareBert.Bert.Distributed;
using BareBert.Bert.Distributed.Liveness;
using Xunit;

namespace BareBert.Tests;

/// <summary>Processes that watch each other: whatever becomes of one, one says so, and all end alike.</summary>
public sealed class LivenessTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30), Patience = TimeSpan.FromSeconds(2);

    [Theory]
    [InlineData(2, 1)]
    [InlineData(4, 3)]
    [InlineData(4, 1)]
    [InlineData(4, 0)]
    [InlineData(2, 0)]
    public void One_that_is_gone_is_named_once(int size, int lost)
    {
        Ended[] ended = Watch(size, (member, lines) =>
        {
            if (member == lost)
                lines.ForEach(line => line.Dispose());
            return member != lost;
        });
        Ended said = Assert.Single(ended, one => one.Said.Count > 0);
        Assert.Equal(lost == 0 ? 1 : 0, said.Rank);
        Assert.Contains($"process {lost} on host{lost} is gone", Assert.Single(said.Said));
        Assert.All(ended, one => Assert.Equal(1, one.Code));
        Assert.Equal(size - 1, ended.Length);
    }

    [Theory]
    [InlineData(3, 2)]
    [InlineData(3, 0)]
    public void One_that_is_silent_is_named_once(int size, int lost)
    {
        Ended[] ended = Watch(size, (member, _) => member != lost);
        Ended said = Assert.Single(ended, one => one.Said.Count > 0);
        Assert.Contains($"process {lost} on host{lost} has not been heard of for 2 seconds", Assert.Single(said.Said));
        Assert.All(ended, one => Assert.Equal(1, one.Code));
    }

    /// <summary>Several that fail at once, each for its own reason: one is heard.</summary>
    [Fact]
    public void Of_several_failures_one_is_said()
    {
        Ended[] ended = Watch(4, (_, _) => true, watch => watch.Fail(2, "a reason"));
        Assert.Equal("a reason", Assert.Single(ended.SelectMany(one => one.Said)));
        Assert.All(ended, one => Assert.Equal(2, one.Code));
        Assert.Equal(4, ended.Length);
    }

    /// <summary>Who has done its part may be gone.</summary>
    [Fact]
    public void An_end_is_no_loss()
    {
        var said = new ConcurrentQueue<string>();
        ThreadGroup.Run(3, group =>
        {
            Lifeline[] lines = LifelineMeeting.Connect(group, Hosts(3), out string? trouble);
            Assert.Null(trouble);
            using var watch = new PeerWatch(group.Rank, Hosts(3), lines, Patience, said.Enqueue, (_, _) => said.Enqueue("ended"));
            if (group.Rank != 1)
                return 0;
            Assert.False(watch.Explains(Patience + Patience));
            return 0;
        });
        Assert.Empty(said);
    }

    /// <summary>On a machine under load one side may be late: a hub that sends its visitor away is tried again.</summary>
    [Fact]
    public void Who_is_sent_away_comes_again()
    {
        string?[] troubles = ThreadGroup.Run(2, group =>
        {
            if (group.Rank == 1)
            {
                Lifeline[] lines = LifelineMeeting.Connect(group, Hosts(2), out string? trouble);
                Array.ForEach(lines, line => line.Dispose());
                return trouble;
            }
            using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listener.Listen();
            group.GatherTexts($"{((IPEndPoint)listener.LocalEndPoint!).Port} {new string('0', 32)} {IPAddress.Loopback}");
            listener.Accept().Dispose();
            Assert.True(listener.Poll(TimeSpan.FromSeconds(5), SelectMode.SelectRead));
            using Socket again = listener.Accept();
            again.Send([(byte)PeerWord.Alive]);
            return group.GatherTexts("").FirstOrDefault(text => text != "");
        });
        Assert.All(troubles, Assert.Null);
    }

    [Theory]
    [InlineData("")]
    [InlineData("why")]
    [InlineData("Größe 中文")]
    public void What_is_said_arrives(string text)
    {
        (Lifeline here, Lifeline there) = Pair();
        using (here)
        using (there)
        {
            here.Send(PeerWord.Alive);
            here.Send(PeerWord.Failed, 130, text);
            Assert.Equal([new(PeerWord.Alive, 0, ""), new(PeerWord.Failed, 130, text)], Take(there, 2));
            here.Send(PeerWord.Failed, 1, new string('中', 5000));
            Assert.StartsWith("中中中", Assert.Single(Take(there, 1)).Text);
        }
    }

    /// <summary>Whatever comes is a message or the end of the line, never a fault.</summary>
    [Fact]
    public void Any_bytes_are_taken_or_refused()
    {
        var random = new Random(17);
        for (int i = 0; i < 50; i++)
        {
            (Socket from, Socket to) = Sockets();
            using (from)
            using (var line = new Lifeline(0, to))
            {
                var bytes = new byte[random.Next(1, 3 * Lifeline.LongestText)];
                random.NextBytes(bytes);
                from.Send(bytes);
                from.Shutdown(SocketShutdown.Send);
                int messages = 0;
                while (to.Poll(Limit, SelectMode.SelectRead) && line.Read(_ => messages++))
                    Assert.True(messages <= bytes.Length / 4);
            }
        }
    }

    // What the members' watches did: those of the members that watch; the others hold their lines and do nothing.
    private static Ended[] Watch(int size, Func<int, List<Lifeline>, bool> watches, Action<PeerWatch>? then = null) => [.. ThreadGroup.Run(size, group =>
    {
        string[] hosts = Hosts(size);
        List<Lifeline> lines = [.. LifelineMeeting.Connect(group, hosts, out string? trouble)];
        Assert.Null(trouble);
        if (!watches(group.Rank, lines))
        {
            Thread.Sleep(Patience + Patience); // a process that hangs does not close its lines
            return null;
        }
        using var over = new ManualResetEventSlim();
        var ended = new Ended(group.Rank);
        using var watch = new PeerWatch(group.Rank, hosts, [.. lines], Patience, ended.Said.Enqueue, (code, _) =>
        {
            ended.Code = code;
            over.Set();
        });
        then?.Invoke(watch);
        Assert.True(over.Wait(Limit));
        Assert.True(watch.Explains(Limit));
        return ended;
    }).OfType<Ended>()];

    private static string[] Hosts(int size) => [.. Enumerable.Range(0, size).Select(i => $"host{i}")];

    private static List<PeerMessage> Take(Lifeline line, int count)
    {
        var taken = new List<PeerMessage>();
        while (taken.Count < count)
        {
            Assert.True(line.Socket.Poll(Limit, SelectMode.SelectRead));
            Assert.True(line.Read(taken.Add));
        }
        return taken;
    }

    private static (Lifeline Here, Lifeline There) Pair()
    {
        (Socket from, Socket to) = Sockets();
        return (new Lifeline(1, from), new Lifeline(0, to));
    }

    private static (Socket From, Socket To) Sockets()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var from = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        from.Connect(listener.LocalEndPoint!);
        Socket to = listener.Accept();
        to.Blocking = false;
        return (from, to);
    }

    private sealed record Ended(int Rank)
    {
        public int Code { get; set; } = -1;

        public ConcurrentQueue<string> Said { get; } = new();
    }
}
