using System.Net;
using System.Net.Sockets;

namespace BareBert.Bert.Distributed.Tcp;

/// <summary>Where the processes find each other: process 0 listens there.</summary>
/// <param name="Host">A machine's name or address.</param>
/// <param name="Port">1 to 65535.</param>
internal sealed record MeetingPlace(string Host, int Port)
{
    /// <summary>The environment variable that says for how many seconds processes wait for each other.</summary>
    public const string Variable = "BAREBERT_JOIN_SECONDS";

    private const double UsualLimit = 120;

    /// <summary>How long the processes wait for each other.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(UsualLimit);

    /// <summary>Whether all processes have to be on one machine.</summary>
    public bool IsLocal => Host == "localhost" || (IPAddress.TryParse(Host, out IPAddress? address) && IPAddress.IsLoopback(address));

    /// <inheritdoc/>
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    /// <summary>Listens: to this machine alone where that is all there can be, else on all its addresses, since which of them others know it by only they know.</summary>
    /// <param name="port">Where; 0: anywhere.</param>
    /// <param name="backlog">How many may be waiting.</param>
    /// <exception cref="SocketException">It cannot.</exception>
    public Socket Listen(int port, int backlog) =>
        Listener.At(!IsLocal ? Listener.Everywhere : IPAddress.TryParse(Host, out IPAddress? given) ? given : IPAddress.Loopback, port, backlog);

    /// <summary>Connects to one of a host's addresses.</summary>
    /// <param name="host">Its name or address.</param>
    /// <param name="port">The port.</param>
    /// <param name="limit">For each address.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="SocketException">Nobody listens there.</exception>
    public static async Task<Socket> Connect(string host, int port, TimeSpan limit, CancellationToken cancel)
    {
        var failure = new SocketException((int)SocketError.HostNotFound);
        foreach (IPAddress address in await Dns.GetHostAddressesAsync(host, cancel).ConfigureAwait(false))
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            using var own = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            own.CancelAfter(limit);
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, port), own.Token).ConfigureAwait(false);
                return socket;
            }
            catch (SocketException e)
            {
                failure = e;
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                failure = new SocketException((int)SocketError.TimedOut);
            }
            socket.Dispose();
        }
        throw failure;
    }

    /// <summary>How long to wait, by the environment.</summary>
    /// <exception cref="InputException">What it says is no number of seconds.</exception>
    public static TimeSpan LimitOf(string? said) => WaitingTime.Of(Variable, said, UsualLimit, zeroIsForEver: false);
}
