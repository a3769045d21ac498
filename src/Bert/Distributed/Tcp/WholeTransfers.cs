using System.Net.Sockets;

namespace BareBert.Bert.Distributed.Tcp;

/// <summary>A socket takes and gives what it can at a time; here all of it goes, or comes.</summary>
internal static class WholeTransfers
{
    /// <summary>Sends all.</summary>
    /// <exception cref="SocketException">The other is gone.</exception>
    public static async Task SendAll(this Socket socket, ReadOnlyMemory<byte> left, CancellationToken cancel = default)
    {
        while (left.Length > 0)
            left = left[await socket.SendAsync(left, cancel).ConfigureAwait(false)..];
    }

    /// <summary>Fills memory with what comes.</summary>
    /// <exception cref="SocketException">The other is gone.</exception>
    public static async Task ReceiveAll(this Socket socket, Memory<byte> left, CancellationToken cancel = default)
    {
        while (left.Length > 0)
        {
            int read = await socket.ReceiveAsync(left, cancel).ConfigureAwait(false);
            if (read == 0)
                throw new SocketException((int)SocketError.ConnectionReset);
            left = left[read..];
        }
    }
}
