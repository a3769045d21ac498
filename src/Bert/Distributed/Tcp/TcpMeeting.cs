using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Threading.Channels;

namespace BareBert.Bert.Distributed.Tcp;

/// <summary>
/// How processes find each other: all come to process 0 and say where they listen; once all are there it tells everybody where everybody is, and
/// those of higher numbers connect to those of lower ones. Every wait has an end, and where it is in vain all are told why.
/// </summary>
/// <param name="place">Where process 0 listens.</param>
/// <param name="rank">This process.</param>
/// <param name="size">How many there are.</param>
/// <param name="notice">Is told, in process 0, for whom it waits.</param>
internal sealed class TcpMeeting(MeetingPlace place, int rank, int size, Action<string>? notice = null)
{
    private const int TokenBytes = 16;

    // For a message to go out; for one address to answer; for all to connect to all, once they know where; between two tries; before a notice.
    private static readonly TimeSpan SendLimit = TimeSpan.FromSeconds(5), ConnectLimit = TimeSpan.FromSeconds(5), MeshLimit = TimeSpan.FromSeconds(30),
        Pause = TimeSpan.FromMilliseconds(100), NoticeAfter = TimeSpan.FromSeconds(10);

    private readonly Socket?[] _peers = new Socket?[size];

    /// <summary>Waits for all, and connects them.</summary>
    /// <exception cref="InputException">What a process was told about itself does not go together with what the others were, or the port is taken.</exception>
    /// <exception cref="RunException">One did not come, or cannot reach another.</exception>
    public TcpGroup Join()
    {
        try
        {
            return (rank == 0 ? Host() : Visit()).GetAwaiter().GetResult();
        }
        catch
        {
            foreach (Socket? peer in _peers)
                peer?.Dispose();
            throw;
        }
    }

    private static string Machine => Environment.MachineName;

    private async Task<TcpGroup> Host()
    {
        var places = new Place[size];
        places[0] = new Place("", place.Port, Machine);
        using Socket listener = Listen();
        (string Text, bool IsInput)? trouble = await Gather(listener, places).ConfigureAwait(false);
        await Tell(new Welcome(trouble?.Text, trouble?.IsInput ?? false, Convert.ToHexString(RandomNumberGenerator.GetBytes(TokenBytes)), trouble is null ? places : [])).ConfigureAwait(false);
        if (trouble is not var (text, isInput))
        {
            string? unreached = await HearOfAll(places).ConfigureAwait(false);
            await Tell(new Reached(unreached)).ConfigureAwait(false);
            return unreached is null ? new TcpGroup(0, _peers, [.. places.Select(p => p.Host)]) : throw new RunException(unreached).Agreed();
        }
        throw Failure(text, isInput);
    }

    private static Exception Failure(string trouble, bool isInput) => isInput ? new InputException(trouble).Agreed() : new RunException(trouble).Agreed();

    private Socket Listen()
    {
        try
        {
            return place.Listen(place.Port, size);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new InputException($"MASTER_PORT {place.Port} is taken on {Machine}, where process 0 is to listen: give all processes another");
        }
        catch (SocketException e)
        {
            throw new InputException($"process 0 cannot listen at {place} on {Machine}: {e.Message}; give all processes another MASTER_PORT, and its host as MASTER_ADDR");
        }
    }

    // All that say who they are, until all are there; whoever says something else is sent away. Null: all is well.
    private async Task<(string Text, bool IsInput)?> Gather(Socket listener, Place[] places)
    {
        using var limit = new CancellationTokenSource(place.Limit);
        ChannelReader<(Socket Socket, Hello Hello)> arrivals = Accept<Hello>(listener, limit.Token);
        using var patience = new Timer(_ => notice?.Invoke($"waiting at {place} for {Missing()}"), null, NoticeAfter, Timeout.InfiniteTimeSpan);
        try
        {
            for (int here = 1; here < size; here++)
            {
                (Socket socket, Hello hello) = await arrivals.ReadAsync(limit.Token).ConfigureAwait(false);
                string? wrong = hello.Size != size ? $"process {hello.Rank} on {hello.Host} has WORLD_SIZE {hello.Size}, process 0 on {Machine} has {size}: give all the same"
                    : hello.Rank <= 0 || hello.Rank >= size ? $"a process on {hello.Host} has RANK {hello.Rank}: give each of {size} processes another, from 0 to {size - 1}"
                    : _peers[hello.Rank] is not null ? $"two processes have RANK {hello.Rank}, on {places[hello.Rank].Host} and on {hello.Host}: give each another, from 0 to {size - 1}" : null;
                if (wrong is not null)
                {
                    await TellOne(socket, new Welcome(wrong, true, "", [])).ConfigureAwait(false);
                    socket.Dispose();
                    return (wrong, true);
                }
                _peers[hello.Rank] = socket;
                IPAddress address = ((IPEndPoint)socket.RemoteEndPoint!).Address;
                places[hello.Rank] = new Place(IPAddress.IsLoopback(address) ? "" : Plain(address), hello.Port, hello.Host);
            }
            return null;
        }
        catch (OperationCanceledException)
        {
            return ($"{Missing()} did not come to {place} within {place.Limit.TotalSeconds:0.#} seconds: start all {size}, with the same MASTER_ADDR and MASTER_PORT, where these can be reached", false);
        }
        finally
        {
            limit.Cancel();
        }

        string Missing()
        {
            int[] ranks = [.. Enumerable.Range(1, size - 1).Where(peer => _peers[peer] is null)];
            return $"{(ranks.Length == 1 ? "process" : "processes")} {string.Join(", ", ranks.Take(8))}{(ranks.Length > 8 ? $" and {ranks.Length - 8} more" : "")} of {size}";
        }
    }

    private static string Plain(IPAddress address) => (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();

    // Takes in whoever comes and says something sensible, until it is cancelled.
    private static ChannelReader<(Socket Socket, T Message)> Accept<T>(Socket listener, CancellationToken cancel)
    {
        var arrivals = Channel.CreateUnbounded<(Socket Socket, T Message)>();
        _ = Loop();
        return arrivals.Reader;

        async Task Loop()
        {
            try
            {
                while (true)
                    _ = Hear(await listener.AcceptAsync(cancel).ConfigureAwait(false));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                arrivals.Writer.TryComplete(new OperationCanceledException());
                while (arrivals.Reader.TryRead(out (Socket Socket, T) late))
                    late.Socket.Dispose();
            }
        }

        async Task Hear(Socket socket)
        {
            try
            {
                // Silence disturbs nobody, and on a machine under load who belongs here may be slow to say so: it ends when the meeting does.
                if (arrivals.Writer.TryWrite((socket, await TcpMessages.Receive<T>(socket, cancel).ConfigureAwait(false))))
                    return;
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or InvalidDataException)
            {
                // a stranger, or somebody who has gone again
            }
            socket.Dispose();
        }
    }

    private async Task Tell<T>(T message)
    {
        foreach (Socket? peer in _peers)
        {
            if (peer is not null)
                await TellOne(peer, message).ConfigureAwait(false);
        }
    }

    // Whoever is gone already will be missed soon enough.
    private static async Task TellOne<T>(Socket socket, T message)
    {
        try
        {
            using var limit = new CancellationTokenSource(SendLimit);
            await TcpMessages.Send(socket, message, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
        }
    }

    // The first trouble that one reports; null: all have reached all.
    private async Task<string?> HearOfAll(Place[] places)
    {
        using var limit = new CancellationTokenSource(MeshLimit + SendLimit);
        List<Task<string?>> waiting = [.. Enumerable.Range(1, size - 1).Select(Hear)];
        while (waiting.Count > 0)
        {
            Task<string?> heard = await Task.WhenAny(waiting).ConfigureAwait(false);
            waiting.Remove(heard);
            if (await heard.ConfigureAwait(false) is string trouble)
                return trouble;
        }
        return null;

        async Task<string?> Hear(int peer)
        {
            try
            {
                return (await TcpMessages.Receive<Reached>(_peers[peer]!, limit.Token).ConfigureAwait(false)).Trouble;
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or InvalidDataException)
            {
                return $"process {peer} on {places[peer].Host} came, and was gone before all were connected";
            }
        }
    }

    private async Task<TcpGroup> Visit()
    {
        using var limit = new CancellationTokenSource(place.Limit);
        using Socket listener = place.Listen(0, size);
        Socket first = _peers[0] = await Find(limit.Token).ConfigureAwait(false);
        Welcome welcome = await Introduce(first, ((IPEndPoint)listener.LocalEndPoint!).Port).ConfigureAwait(false);
        if (welcome.Trouble is string trouble)
            throw Failure(trouble, welcome.IsInput);
        string? unreached = await Connect(listener, first, welcome).ConfigureAwait(false);
        try
        {
            using var last = new CancellationTokenSource(MeshLimit + MeshLimit);
            await TcpMessages.Send(first, new Reached(unreached), last.Token).ConfigureAwait(false);
            Reached all = await TcpMessages.Receive<Reached>(first, last.Token).ConfigureAwait(false);
            return all.Trouble is null ? new TcpGroup(rank, _peers, [.. welcome.Places.Select(p => p.Host)]) : throw new RunException(all.Trouble).Agreed();
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or InvalidDataException)
        {
            throw new RunException($"process 0 on {welcome.Places[0].Host} was gone before all had reached all", e);
        }
    }

    // It may not have been started yet.
    private async Task<Socket> Find(CancellationToken cancel)
    {
        long start = Stopwatch.GetTimestamp();
        string why = "";
        while (true)
        {
            try
            {
                return await MeetingPlace.Connect(place.Host, place.Port, ConnectLimit, cancel).ConfigureAwait(false);
            }
            catch (SocketException e)
            {
                why = e.Message;
            }
            catch (OperationCanceledException)
            {
            }
            if (Stopwatch.GetElapsedTime(start) + Pause > place.Limit)
                throw new RunException($"process 0 is not found at {place} for {place.Limit.TotalSeconds:0.#} seconds{(why == "" ? "" : $" ({why})")}: start it, with the same MASTER_ADDR and MASTER_PORT, where these can be reached");
            await Task.Delay(Pause, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task<Welcome> Introduce(Socket first, int port)
    {
        try
        {
            using var limit = new CancellationTokenSource(place.Limit + SendLimit);
            await TcpMessages.Send(first, new Hello(rank, size, port, Machine), limit.Token).ConfigureAwait(false);
            Welcome welcome = await TcpMessages.Receive<Welcome>(first, limit.Token).ConfigureAwait(false);
            if (welcome.Trouble is not null || (welcome.Places?.Length == size && welcome.Token?.Length == 2 * TokenBytes))
                return welcome;
            throw new InvalidDataException();
        }
        catch (Exception e) when (e is InvalidDataException or SocketException or OperationCanceledException)
        {
            throw new RunException($"what listens at {place} is not process 0 of this program, or has ended: see what process 0 says, or give all processes another MASTER_PORT", e);
        }
    }

    // Null: this process has reached all.
    private async Task<string?> Connect(Socket listener, Socket first, Welcome welcome)
    {
        using var limit = new CancellationTokenSource(MeshLimit);
        ChannelReader<(Socket Socket, Greeting Greeting)> arrivals = Accept<Greeting>(listener, limit.Token);
        try
        {
            for (int peer = 1; peer < rank; peer++)
            {
                Place to = welcome.Places[peer];
                string host = to.Address != "" ? to.Address : Plain(((IPEndPoint)first.RemoteEndPoint!).Address);
                try
                {
                    _peers[peer] = await MeetingPlace.Connect(host, to.Port, MeshLimit, limit.Token).ConfigureAwait(false);
                    await TcpMessages.Send(_peers[peer]!, new Greeting(welcome.Token, rank), limit.Token).ConfigureAwait(false);
                }
                catch (Exception e) when (e is SocketException or OperationCanceledException)
                {
                    return string.Create(CultureInfo.InvariantCulture, $"process {rank} on {Machine} does not reach process {peer} on {to.Host} at {host}, port {to.Port} ({e.Message}): let TCP connections between the hosts through");
                }
            }
            for (int here = rank + 1; here < size;)
            {
                (Socket socket, Greeting greeting) = await arrivals.ReadAsync(limit.Token).ConfigureAwait(false);
                if (greeting.Token == welcome.Token && greeting.Rank > rank && greeting.Rank < size && _peers[greeting.Rank] is null)
                    (_peers[greeting.Rank], here) = (socket, here + 1);
                else
                    socket.Dispose();
            }
            return null;
        }
        catch (OperationCanceledException)
        {
            int missing = Array.FindIndex(_peers, rank + 1, peer => peer is null);
            return $"process {missing} on {welcome.Places[missing].Host} does not reach process {rank} on {Machine}: let TCP connections between the hosts through";
        }
        finally
        {
            limit.Cancel();
        }
    }
}
