using System.Net;
using System.Net.Sockets;

namespace BareBert.Bert.Distributed;

/// <summary>Sockets that other processes connect to.</summary>
internal static class Listener
{
    /// <summary>All of this machine's addresses, of both families where it has both.</summary>
    public static IPAddress Everywhere => Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;

    /// <summary>Listens.</summary>
    /// <param name="address">To which of this machine's addresses, or <see cref="Everywhere"/>.</param>
    /// <param name="port">Where; 0: anywhere.</param>
    /// <param name="backlog">How many may be waiting.</param>
    /// <exception cref="SocketException">It cannot.</exception>
    public static Socket At(IPAddress address, int port, int backlog)
    {
        var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.Equals(IPAddress.IPv6Any))
                listener.DualMode = true;
            listener.Bind(new IPEndPoint(address, port));
            listener.Listen(backlog);
            return listener;
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }
}
