using System.Net;
using System.Net.Sockets;
using System.Text;
using BareBert.Bert.Distributed;
using BareBert.Bert.Distributed.Tcp;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BareBert.Tests;

/// <summary>Processes that find each other over TCP: here threads, but with connections as between machines.</summary>
public sealed class TcpGroupTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly int _port = LaunchedProcesses.FreePort();

    private MeetingPlace Place(double seconds = 30) => new("127.0.0.1", _port) { Limit = TimeSpan.FromSeconds(seconds) };

    // What each gave or threw; none may wait for ever.
    private static (T? Result, Exception? Failure)[] Run<T>(params Func<T>[] processes)
    {
        var results = new (T?, Exception?)[processes.Length];
        Thread[] threads = [.. processes.Select((process, i) => new Thread(() =>
        {
            try
            {
                results[i] = (process(), null);
            }
            catch (Exception e)
            {
                results[i] = (default, e);
            }
        }) { IsBackground = true })];
        foreach (Thread thread in threads)
            thread.Start();
        Assert.All(threads, thread => Assert.True(thread.Join(Patience), "a process waits for ever"));
        return results;
    }

    private T[] RunAll<T>(int size, Func<TcpGroup, T> process) => [.. Run([.. Enumerable.Range(0, size).Reverse().Select(rank => (Func<T>)(() =>
    {
        using TcpGroup group = new TcpMeeting(Place(), rank, size).Join();
        return process(group);
    }))]).Select(result => result.Failure is null ? result.Result! : throw result.Failure).Reverse()];

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void Everybody_gets_what_everybody_sent(int size)
    {
        long[] sent = RunAll(size, group =>
        {
            Assert.Equal(size, group.Size);
            var random = new PhiloxStream(3, 1); // the same everywhere
            long own = 0;
            for (int round = 0; round < 20; round++)
            {
                int[] lengths = [.. Enumerable.Range(0, size).Select(_ => random.NextInt(5) switch { 0 => 0, 1 => random.NextInt(100), 2 => 1 << 14, _ => random.NextInt(300_000) })];
                byte[][] all = group.GatherLists([.. Enumerable.Range(0, lengths[group.Rank]).Select(i => (byte)(i * 7 + group.Rank + round))]);
                for (int rank = 0; rank < size; rank++)
                    Assert.Equal(Enumerable.Range(0, lengths[rank]).Select(i => (byte)(i * 7 + rank + round)), all[rank]);
                own += (size - 1) * (lengths[group.Rank] + sizeof(int));
            }
            Assert.Equal("process of all", group.First(() => "process of all"));
            Assert.Equal((size * (size - 1) / 2, group.Rank * (group.Rank - 1) / 2), group.Sums(group.Rank));
            Assert.True(group.BytesSent >= own);
            return group.BytesSent - own;
        });
        Assert.Equal([.. Enumerable.Repeat(sent[1], size - 1)], sent[1..]);
    }

    [Fact]
    public void Messages_between_two_come_in_order_and_as_long_as_they_are()
    {
        (int, Exception? Failure)[] ends = Run([.. Enumerable.Range(0, 2).Select(rank => (Func<int>)(() =>
        {
            using TcpGroup group = new TcpMeeting(Place(), rank, 2).Join();
            using var arena = new Arena(new HostMemory());
            Tensor numbers = arena.Zeros(new Shape(4));
            Transfer Piece(int first, int count) => new(1 - rank, numbers.Slice(first, new Shape(count)).Address, count * sizeof(float));
            numbers.Span<float>()[0] = 10 + rank;
            numbers.Span<float>()[1] = 20 + rank;
            group.Exchange([Piece(0, 1), Piece(1, 1)], [Piece(2, 1), Piece(3, 1)]);
            Assert.Equal([10 + rank, 20 + rank, 11 - rank, 21 - rank], numbers.ToArray<float>());
            group.Exchange([Piece(0, 2)], [Piece(2, rank == 0 ? 2 : 1)]);
            Thread.Sleep(500); // so that the other one's end is not what is noticed
            return 0;
        }))]);
        Assert.Null(ends[0].Failure);
        Assert.Contains("process 0 sent 8 bytes where 4 were to come", Assert.IsType<RunException>(ends[1].Failure).Message);
    }

    [Fact]
    public void Who_is_gone_is_noticed_by_all()
    {
        (int, Exception? Failure)[] ends = Run([.. Enumerable.Range(0, 3).Select(rank => (Func<int>)(() =>
        {
            using TcpGroup group = new TcpMeeting(Place(), rank, 3).Join();
            _ = group.Sums(1);
            if (rank < 2)
                _ = group.Sums(1);
            return 0;
        }))]);
        foreach ((_, Exception? failure) in ends[..2])
            Assert.Contains("the connection to process", Assert.IsType<RunException>(failure).Message);
        Assert.Contains(ends[..2], end => end.Failure!.Message.Contains($"process 2 on {Environment.MachineName}"));
    }

    [Theory]
    [InlineData(1, 3, "has WORLD_SIZE 3, process 0 on")]
    [InlineData(2, 2, "has RANK 2: give each of 2 processes another")]
    public void What_does_not_go_together_is_told_to_all(int rank, int size, string expected)
    {
        (TcpGroup?, Exception? Failure)[] ends = Run(new TcpMeeting(Place(), 0, 2).Join, new TcpMeeting(Place(), rank, size).Join);
        Assert.All(ends, end => Assert.Contains(expected, Assert.IsType<InputException>(end.Failure).Message));
        Assert.All(ends, end => Assert.True(AgreedFailure.Is(end.Failure!)));
    }

    [Fact]
    public void Two_of_one_number_are_too_many()
    {
        (TcpGroup?, Exception? Failure)[] ends = Run(new TcpMeeting(Place(), 0, 3).Join, new TcpMeeting(Place(), 1, 3).Join, new TcpMeeting(Place(), 1, 3).Join);
        Assert.All(ends, end => Assert.Contains("two processes have RANK 1", Assert.IsType<InputException>(end.Failure).Message));
    }

    [Fact]
    public void Nobody_waits_for_ever()
    {
        (TcpGroup?, Exception? Failure)[] ends = Run(new TcpMeeting(Place(1.5), 0, 4).Join, new TcpMeeting(Place(1.5), 2, 4).Join);
        Assert.All(ends, end => Assert.Contains($"processes 1, 3 of 4 did not come to 127.0.0.1:{_port} within 1.5 seconds", Assert.IsType<RunException>(end.Failure).Message));
        Exception? alone = Run(new TcpMeeting(Place(0.5), 1, 2).Join)[0].Failure;
        Assert.Contains($"process 0 is not found at 127.0.0.1:{_port} for 0.5 seconds", Assert.IsType<RunException>(alone).Message);
        Exception? nowhere = Run(new TcpMeeting(new MeetingPlace("no-such-host.invalid", _port) { Limit = TimeSpan.FromSeconds(0.5) }, 1, 2).Join)[0].Failure;
        Assert.Contains("process 0 is not found at no-such-host.invalid", Assert.IsType<RunException>(nowhere).Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n")]
    public async Task Somebody_else_at_the_port_is_told_apart(string answer)
    {
        using Socket other = Place().Listen(_port, 4);
        Task answering = Task.Run(async () =>
        {
            using Socket accepted = await other.AcceptAsync();
            await accepted.SendAsync(Encoding.ASCII.GetBytes(answer));
        });
        Exception? taken = Run(new TcpMeeting(Place(), 0, 2).Join)[0].Failure;
        Assert.Contains($"MASTER_PORT {_port} is taken", Assert.IsType<InputException>(taken).Message);
        Exception? visitor = Run(new TcpMeeting(Place(), 1, 2).Join)[0].Failure;
        Assert.Contains("is not process 0 of this program", Assert.IsType<RunException>(visitor).Message);
        await answering.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    /// <summary>Damaged greetings, other programs' bytes, silence: all are sent away, and the processes meet.</summary>
    [Fact]
    public async Task Strangers_disturb_nobody()
    {
        byte[] hello = TcpMessages.Write(new Hello(1, 2, 1, "h"));
        var spoilt = new List<byte[]>();
        foreach (byte[] bytes in Mutations.Of(hello).Sample(100, new Rnd(11), 50)) // the same in each run
        {
            if (!await IsHello(bytes))
                spoilt.Add(bytes);
        }
        byte[][] said =
        [
            [], Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\n\r\n"), new byte[1 << 20], hello[..^1], hello[..5],
            [.. hello[..8], 255, 255, 255, 127, .. hello[12..]], [.. hello[..8], 0, 0, 0, 255], TcpMessages.Write<Hello?>(null), TcpMessages.Write("a text"), TcpMessages.Write<int[]>([1]),
            .. spoilt,
        ];
        var host = Task.Run(new TcpMeeting(Place(), 0, 2).Join);
        var silent = new List<Socket>();
        foreach (byte[] bytes in said)
        {
            Socket stranger = await Visit();
            try
            {
                stranger.Send(bytes);
            }
            catch (SocketException)
            {
                // sent away already
            }
            if (silent.Count < 20)
                silent.Add(stranger);
            else
                stranger.Dispose();
        }
        Assert.False(host.IsCompleted);
        using TcpGroup group = new TcpMeeting(Place(), 1, 2).Join();
        using TcpGroup first = await host.WaitAsync(Patience, TestContext.Current.CancellationToken);
        silent.ForEach(stranger => stranger.Dispose());
    }

    /// <summary>On a machine under load the one who belongs here may take long to say so.</summary>
    [Fact]
    public async Task Who_comes_and_is_slow_to_speak_is_waited_for()
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        var host = Task.Run(new TcpMeeting(Place(), 0, 2).Join, cancel);
        Socket visitor = await Visit();
        await Task.Delay(TimeSpan.FromSeconds(6), cancel);
        visitor.Send(TcpMessages.Write(new Hello(1, 2, 1, "h")));
        Assert.Null((await TcpMessages.Receive<Welcome>(visitor, cancel)).Trouble);
        visitor.Dispose();
        Exception failure = await Assert.ThrowsAsync<RunException>(() => host.WaitAsync(Patience, cancel));
        Assert.Contains("process 1 on h came, and was gone", failure.Message);
    }

    // It may not listen yet.
    private async Task<Socket> Visit()
    {
        for (int tries = 0; ; tries++)
        {
            try
            {
                return await MeetingPlace.Connect("127.0.0.1", _port, Patience, CancellationToken.None);
            }
            catch (SocketException) when (tries < 200)
            {
                await Task.Delay(50);
            }
        }
    }

    private static async Task<bool> IsHello(byte[] bytes)
    {
        using Socket listener = new MeetingPlace("127.0.0.1", 1).Listen(0, 1);
        using Socket from = await MeetingPlace.Connect("127.0.0.1", ((IPEndPoint)listener.LocalEndPoint!).Port, Patience, CancellationToken.None);
        using Socket to = await listener.AcceptAsync();
        await from.SendAsync(bytes);
        from.Dispose();
        try
        {
            await TcpMessages.Receive<Hello>(to, CancellationToken.None);
            return true;
        }
        catch (Exception e) when (e is InvalidDataException or SocketException)
        {
            return false; // and nothing else is thrown
        }
    }

    private static Launch? Find(string variables)
    {
        var all = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        return Launch.Find(all.GetValueOrDefault);
    }

    [Fact]
    public void The_variables_say_who_a_process_is()
    {
        const string Torchrun = "RANK=3 WORLD_SIZE=8 LOCAL_RANK=1 MASTER_ADDR=node1 MASTER_PORT=29500 ";
        Assert.Equal((3, 8, new MeetingPlace("node1", 29500)), (Find(Torchrun)!.Rank, Find(Torchrun)!.Size, Find(Torchrun)!.Place));
        // Its own store has the port.
        Assert.Equal(29501, Find(Torchrun + "TORCHELASTIC_USE_AGENT_STORE=True")!.Place!.Port);
        Assert.Equal(29500, Find(Torchrun + "TORCHELASTIC_USE_AGENT_STORE=False")!.Place!.Port);
        Assert.Equal(TimeSpan.FromSeconds(7), Find(Torchrun + "BAREBERT_JOIN_SECONDS=7")!.Place!.Limit);
        // srun starts torchrun on each host, which starts processes.
        const string Slurm = "SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=2 ", Mpi = "OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=4 ";
        Assert.Equal((3, 8), (Find(Slurm + Mpi + Torchrun)!.Rank, Find(Slurm + Mpi + Torchrun)!.Size));
        // What is half there, or of one process, leaves it to the others.
        foreach (string half in new[] { "RANK=0 WORLD_SIZE=1 MASTER_ADDR=x MASTER_PORT=1 ", "RANK=0 WORLD_SIZE=8 ", "WORLD_SIZE=8 ", "" })
            Assert.Equal(("Open MPI", 1, 4), (Find(half + Mpi)!.Launcher, Find(half + Mpi)!.Rank, Find(half + Mpi)!.Size));
        Assert.Null(Find("RANK=0 WORLD_SIZE=1 MASTER_ADDR=x MASTER_PORT=1"));
        Assert.Null(Find("WORLD_SIZE=8"));
    }

    [Theory]
    [InlineData("RANK=1 WORLD_SIZE=4", "without MASTER_ADDR and MASTER_PORT")]
    [InlineData("RANK=1 WORLD_SIZE=4 MASTER_ADDR=x", "without MASTER_PORT")]
    [InlineData("RANK=4 WORLD_SIZE=4 MASTER_ADDR=x MASTER_PORT=1", "RANK 4 and WORLD_SIZE 4 do not go together")]
    [InlineData("RANK=-1 WORLD_SIZE=4 MASTER_ADDR=x MASTER_PORT=1", "RANK -1 and WORLD_SIZE 4")]
    [InlineData("RANK=0 WORLD_SIZE=many MASTER_ADDR=x MASTER_PORT=1", "WORLD_SIZE many")]
    [InlineData("RANK=0 WORLD_SIZE=4 MASTER_ADDR=x MASTER_PORT=70000", "MASTER_PORT 70000 is no port")]
    [InlineData("RANK=0 WORLD_SIZE=4 MASTER_ADDR=x MASTER_PORT=1 BAREBERT_JOIN_SECONDS=soon", "BAREBERT_JOIN_SECONDS is no number of seconds: soon")]
    public void Variables_that_say_nothing_sensible_are_refused(string variables, string expected)
    {
        InputException refusal = Assert.Throws<InputException>(() => Find(variables)!.Join());
        Assert.Contains(expected, refusal.Message);
        Assert.True(AgreedFailure.Is(refusal));
    }
}
