using System.Net.Sockets;
using System.Text;

namespace BareBert.Bert.Distributed.Liveness;

/// <summary>What one process says to another about itself.</summary>
internal enum PeerWord : byte
{
    /// <summary>It lives.</summary>
    Alive = (byte)'.',

    /// <summary>It has done all that it had to: what it does from here on is nobody's business.</summary>
    Done = (byte)'d',

    /// <summary>It cannot go on, for the reason that the text says.</summary>
    Failed = (byte)'f',

    /// <summary>All are to end; why has been said.</summary>
    End = (byte)'e',
}

/// <summary>A message on a <see cref="Lifeline"/>.</summary>
/// <param name="Word">What kind it is.</param>
/// <param name="Code">The exit code of all, where it is about the end.</param>
/// <param name="Text">Why, for people.</param>
internal readonly record struct PeerMessage(PeerWord Word, byte Code, string Text);

/// <summary>A connection over which two processes tell each other that they live. Neither waits for the other.</summary>
/// <param name="peer">The other process.</param>
/// <param name="socket">Connected; owned from here on.</param>
internal sealed class Lifeline(int peer, Socket socket) : IDisposable
{
    private const int Header = 4; // word, code, bytes of the text

    /// <summary>Bytes of a message's text, at most; what is longer is cut.</summary>
    public const int LongestText = 4096;

    private readonly byte[] _buffer = new byte[Header + LongestText];
    private readonly Lock _turn = new();
    private int _filled;

    /// <summary>The other process.</summary>
    public int Peer => peer;

    /// <summary>What to wait on for more to read.</summary>
    public Socket Socket => socket;

    /// <summary>Own heartbeats since something was heard. Time would not do: a process that was stopped for an hour has not listened for an hour.</summary>
    public int SilentBeats { get; set; }

    /// <summary>Says something, unless the other has not read for so long that there is no room.</summary>
    public void Send(PeerWord word, byte code = 0, string text = "")
    {
        var message = new byte[Header + Math.Min(LongestText, Encoding.UTF8.GetByteCount(text))];
        (message[0], message[1]) = ((byte)word, code);
        Encoding.UTF8.TryGetBytes(text.Length > LongestText / 3 ? text[..(LongestText / 3)] : text, message.AsSpan(Header), out int length);
        BitConverter.TryWriteBytes(message.AsSpan(2), (ushort)length);
        lock (_turn)
            socket.Send(message.AsSpan(0, Header + length), SocketFlags.None, out _); // an error is seen by who reads
    }

    /// <summary>Reads what has come.</summary>
    /// <returns>Whether the connection is still there; false too where something came that no process of the group says.</returns>
    public bool Read(Action<PeerMessage> take)
    {
        int read = socket.Receive(_buffer.AsSpan(_filled), SocketFlags.None, out SocketError error);
        if (error == SocketError.WouldBlock)
            return true;
        if (error != SocketError.Success || read == 0)
            return false;
        _filled += read;
        SilentBeats = 0;
        int at = 0;
        while (_filled - at >= Header)
        {
            int length = BitConverter.ToUInt16(_buffer, at + 2);
            if (length > LongestText)
                return false;
            if (_filled - at < Header + length)
                break;
            take(new PeerMessage((PeerWord)_buffer[at], _buffer[at + 1], Encoding.UTF8.GetString(_buffer, at + Header, length)));
            at += Header + length;
        }
        _buffer.AsSpan(at, _filled - at).CopyTo(_buffer);
        _filled -= at;
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();
}
