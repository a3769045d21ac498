using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text.Json;

namespace BareBert.Bert.Distributed.Tcp;

/// <summary>What a process says of itself to process 0.</summary>
/// <param name="Rank">Its number.</param>
/// <param name="Size">How many there are, by what it was told.</param>
/// <param name="Port">Where it listens for those of higher numbers.</param>
/// <param name="Host">Its machine's name, for people.</param>
internal sealed record Hello(int Rank, int Size, int Port, string Host)
{
    private const int LongestHost = 255;

    /// <summary>Its machine's name as it can be printed, whoever sent it.</summary>
    public string Host { get; } = new([.. (Host ?? "").Where(c => !char.IsControl(c)).Take(LongestHost)]);
}

/// <summary>Where a process listens.</summary>
/// <param name="Address">As process 0 sees it; "": it is on process 0's machine, wherever that is to be found.</param>
/// <param name="Port">Its port.</param>
/// <param name="Host">Its machine's name, for people.</param>
internal sealed record Place(string Address, int Port, string Host);

/// <summary>Process 0's answer, once all are there or one cannot be.</summary>
/// <param name="Trouble">Why nothing comes of it; null: nothing is wrong.</param>
/// <param name="IsInput">Whether the trouble is what the user gave.</param>
/// <param name="Token">What the processes know each other by.</param>
/// <param name="Places">[size].</param>
internal sealed record Welcome(string? Trouble, bool IsInput, string Token, Place[] Places);

/// <summary>What a process says to another than process 0 when it connects.</summary>
internal sealed record Greeting(string Token, int Rank);

/// <summary>Whether a process has reached all others, and process 0's word on whether all have.</summary>
/// <param name="Trouble">null: it has.</param>
internal sealed record Reached(string? Trouble);

/// <summary>Messages of processes that find each other: a mark, so that whoever else comes to the port is told apart, a length, and JSON.</summary>
internal static class TcpMessages
{
    /// <summary>Bytes of a message, at most: the places of some thousand processes.</summary>
    public const int Longest = 1 << 20;

    // Of those that come from anybody.
    private const int LongestHello = 1 << 10;
    private const ulong Mark = 0x31_50_43_54_42_42_1A_EB; // the last of them is the version

    private const int Header = sizeof(ulong) + sizeof(int);

    /// <summary>Writes a message.</summary>
    public static byte[] Write<T>(T message)
    {
        byte[] text = JsonSerializer.SerializeToUtf8Bytes(message);
        var bytes = new byte[Header + text.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Mark);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(sizeof(ulong)), text.Length);
        text.CopyTo(bytes, Header);
        return bytes;
    }

    /// <summary>Sends a message.</summary>
    /// <exception cref="SocketException">The other is gone.</exception>
    public static Task Send<T>(Socket socket, T message, CancellationToken cancel) => socket.SendAll(Write(message), cancel);

    /// <summary>Reads a message of one kind.</summary>
    /// <exception cref="InvalidDataException">What comes is none.</exception>
    /// <exception cref="SocketException">The other is gone.</exception>
    public static async Task<T> Receive<T>(Socket socket, CancellationToken cancel)
    {
        byte[] header = await Fill(socket, Header, cancel).ConfigureAwait(false);
        int length = BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(sizeof(ulong)));
        bool isFromAnybody = typeof(T) == typeof(Hello) || typeof(T) == typeof(Greeting);
        if (BinaryPrimitives.ReadUInt64LittleEndian(header) != Mark || length < 0 || length > (isFromAnybody ? LongestHello : Longest))
            throw new InvalidDataException("these are no messages of this program");
        byte[] text = await Fill(socket, length, cancel).ConfigureAwait(false);
        try
        {
            return JsonSerializer.Deserialize<T>(text) ?? throw new InvalidDataException("an empty message");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException(e.Message, e);
        }
    }

    private static async Task<byte[]> Fill(Socket socket, int count, CancellationToken cancel)
    {
        var bytes = new byte[count];
        await socket.ReceiveAll(bytes, cancel).ConfigureAwait(false);
        return bytes;
    }
}
