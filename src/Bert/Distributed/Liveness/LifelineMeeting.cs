using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace BareBert.Bert.Distributed.Liveness;

/// <summary>How the processes of a group connect to watch each other: all to the first one and, since that one may go, to the second.</summary>
internal static class LifelineMeeting
{
    /// <summary>Processes that all others are connected to.</summary>
    public const int Hubs = 2;

    private const int TokenBytes = 16;

    // For one try; for the answer to it; between two rounds of tries; to reach a hub; for a hub to be reached by all, whose last tries may begin just in time.
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(3), AnswerLimit = TimeSpan.FromSeconds(10), Pause = TimeSpan.FromMilliseconds(100),
        ReachLimit = TimeSpan.FromSeconds(20), Limit = TimeSpan.FromSeconds(30);

    /// <summary>Connects this process with those that it is to watch.</summary>
    /// <param name="group">Its members all call this.</param>
    /// <param name="hosts">[size], the machines' names.</param>
    /// <param name="trouble">The same everywhere: why they could not connect; null: they could.</param>
    /// <returns>None where they could not.</returns>
    public static Lifeline[] Connect(IProcessGroup group, string[] hosts, out string? trouble)
    {
        using Socket? listener = group.Rank < Hubs ? Listener.At(Listener.Everywhere, 0, group.Size) : null;
        byte[] token = RandomNumberGenerator.GetBytes(TokenBytes);
        string mine = listener is null ? "" : $"{((IPEndPoint)listener.LocalEndPoint!).Port} {Convert.ToHexString(token)} {string.Join(' ', Addresses())}";
        string[] hubs = group.GatherTexts(mine);
        var lines = new List<Lifeline>();
        string failure = "";
        try
        {
            for (int hub = 0; hub < Math.Min(Hubs, group.Rank); hub++)
                lines.Add(Reach(group.Rank, hub, hubs[hub].Split(' '), isHere: hosts[hub] == hosts[group.Rank]));
            if (listener is not null)
                lines.AddRange(Accept(listener, token, [.. Enumerable.Range(group.Rank + 1, group.Size - group.Rank - 1)]));
        }
        catch (SocketException e)
        {
            failure = $"process {group.Rank} on {hosts[group.Rank]} {e.Message}";
        }
        trouble = group.GatherTexts(failure).FirstOrDefault(text => text != "");
        if (trouble is null)
            return [.. lines];
        foreach (Lifeline line in lines)
            line.Dispose();
        return [];
    }

    // All of this machine's addresses; which of them another host reaches only that one can find out.
    private static IEnumerable<IPAddress> Addresses() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(card => card.OperationalStatus == OperationalStatus.Up && card.NetworkInterfaceType != NetworkInterfaceType.Loopback)
        .SelectMany(card => card.GetIPProperties().UnicastAddresses).Select(unicast => unicast.Address)
        .Where(address => !address.IsIPv6LinkLocal).OrderBy(address => address.AddressFamily == AddressFamily.InterNetworkV6);

    private static Lifeline Reach(int rank, int hub, string[] words, bool isHere)
    {
        int port = int.Parse(words[0], System.Globalization.CultureInfo.InvariantCulture);
        byte[] greeting = [.. Convert.FromHexString(words[1]), .. BitConverter.GetBytes(rank)];
        IPAddress[] addresses = [.. isHere ? [IPAddress.Loopback] : Array.Empty<IPAddress>(), .. words[2..].Select(IPAddress.Parse)];
        // Again, if need be: on a machine under load either side may be late for one try.
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < ReachLimit; Thread.Sleep(Pause))
        {
            foreach (IPAddress address in addresses)
            {
                if (Try(new IPEndPoint(address, port), greeting) is { } socket)
                    return new Lifeline(hub, socket);
            }
        }
        throw new SocketException((int)SocketError.HostUnreachable, $"cannot reach process {hub} at {string.Join(", ", addresses.Select(address => address.ToString()))}, port {port}");
    }

    // Null: there is nobody, or somebody else, as where two networks have the same addresses.
    private static Socket? Try(IPEndPoint place, byte[] greeting)
    {
        var socket = new Socket(place.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            using var limit = new CancellationTokenSource(ConnectLimit);
            socket.ConnectAsync(place, limit.Token).AsTask().GetAwaiter().GetResult();
            socket.Send(greeting);
            socket.ReceiveTimeout = (int)AnswerLimit.TotalMilliseconds;
            var answer = new byte[1];
            if (socket.Receive(answer) == 1 && answer[0] == (byte)PeerWord.Alive)
            {
                socket.Blocking = false;
                return socket;
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
        }
        socket.Dispose();
        return null;
    }

    private static List<Lifeline> Accept(Socket listener, byte[] token, HashSet<int> awaited)
    {
        var lines = new List<Lifeline>();
        long start = Stopwatch.GetTimestamp();
        while (awaited.Count > 0)
        {
            TimeSpan left = Limit - Stopwatch.GetElapsedTime(start);
            if (left <= TimeSpan.Zero || !listener.Poll(left, SelectMode.SelectRead))
            {
                lines.ForEach(line => line.Dispose());
                throw new SocketException((int)SocketError.TimedOut, $"waited {Limit.TotalSeconds:0} seconds in vain for process {awaited.Min()} to connect");
            }
            Socket socket = listener.Accept();
            if (Greet(socket, token) is int rank && awaited.Remove(rank))
                lines.Add(new Lifeline(rank, socket));
            else
                socket.Dispose();
        }
        return lines;
    }

    // The number of a process that knows the token.
    private static int? Greet(Socket socket, byte[] token)
    {
        var greeting = new byte[TokenBytes + sizeof(int)];
        try
        {
            (socket.NoDelay, socket.ReceiveTimeout) = (true, (int)ConnectLimit.TotalMilliseconds);
            for (int filled = 0, read; filled < greeting.Length; filled += read)
            {
                read = socket.Receive(greeting.AsSpan(filled));
                if (read == 0)
                    return null;
            }
            if (!CryptographicOperations.FixedTimeEquals(greeting.AsSpan(0, TokenBytes), token))
                return null;
            socket.Send([(byte)PeerWord.Alive]);
            socket.Blocking = false;
            return BitConverter.ToInt32(greeting, TokenBytes);
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
