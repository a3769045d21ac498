using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace BareBert.Bert.Data;

/// <summary>The layout of a token cache: a header, then the ids and tables of each split, then the reader's notices.</summary>
/// <remarks>
/// Little endian. Header, 128 bytes: magic, format version, bytes an id (2 or 4), key, for each of three splits its tokens (8 bytes), sentences
/// and documents (4 bytes each), bytes of notices, CRC-32C of the body, CRC-32C of the header up to there, zeros. In the body every table begins at a
/// multiple of 8: ids; the first token of each sentence and the number of tokens, 8 bytes each; the first sentence of each document and the number of sentences, 4 bytes each.
/// </remarks>
internal static class TokenImage
{
    public const int KeyBytes = 32;
    public const int HeaderBytes = 128;

    private const int Version = 2;
    private const int VersionAt = 8, IdBytesAt = 12, KeyAt = 16, CountsAt = 48, CountBytes = 16, NoticesAt = 96, BodyCheckAt = 100, HeaderCheckAt = 104;

    private static ReadOnlySpan<byte> Magic => "BAREBERT"u8;

    /// <summary>How much a split holds.</summary>
    public readonly record struct SplitCounts(long Tokens, int Sentences, int Documents);

    /// <summary>Where the tables of a split lie, in bytes from the beginning of the image.</summary>
    public readonly record struct SplitLayout(SplitCounts Counts, int IdBytes, long Ids, long SentenceStarts, long DocumentStarts);

    /// <summary>Writes an image.</summary>
    /// <param name="image">Empty; it can be gone back in.</param>
    /// <param name="idBytes">2 or 4.</param>
    /// <param name="key">[32] what the image was made from.</param>
    /// <param name="splits">Train, valid, test: how much each holds, and its tables in their order; they are read from their beginning.</param>
    /// <param name="notices">Kept.</param>
    public static void Write(Stream image, int idBytes, ReadOnlySpan<byte> key, (SplitCounts Counts, Stream[] Tables)[] splits, IReadOnlyList<string> notices)
    {
        byte[] noticeBytes = Encoding.UTF8.GetBytes(string.Join('\n', notices));
        Span<byte> header = stackalloc byte[HeaderBytes];
        header.Clear();
        image.Write(header);
        uint check = ~0u;
        byte[] block = new byte[1 << 16];
        foreach (Stream table in splits.SelectMany(split => split.Tables).Append(new MemoryStream(noticeBytes)))
        {
            table.Position = 0;
            for (int count; (count = table.ReadAtLeast(block, block.Length, throwOnEndOfStream: false)) > 0;)
            {
                int padded = (count + 7) & ~7;
                block.AsSpan(count, padded - count).Clear();
                check = Checksum(block.AsSpan(0, padded), check);
                image.Write(block, 0, padded);
            }
        }
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header[VersionAt..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(header[IdBytesAt..], idBytes);
        key.CopyTo(header[KeyAt..]);
        for (int split = 0; split < splits.Length; split++)
        {
            Span<byte> at = header[(CountsAt + split * CountBytes)..];
            SplitCounts counts = splits[split].Counts;
            BinaryPrimitives.WriteInt64LittleEndian(at, counts.Tokens);
            BinaryPrimitives.WriteInt32LittleEndian(at[8..], counts.Sentences);
            BinaryPrimitives.WriteInt32LittleEndian(at[12..], counts.Documents);
        }
        BinaryPrimitives.WriteInt32LittleEndian(header[NoticesAt..], noticeBytes.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[BodyCheckAt..], ~check);
        BinaryPrimitives.WriteUInt32LittleEndian(header[HeaderCheckAt..], ~Checksum(header[..HeaderCheckAt], ~0u));
        image.Position = 0;
        image.Write(header);
        image.Position = image.Length;
    }

    /// <summary>Reads an image back, if it is one, whole, unchanged, and made from <paramref name="key"/>; a little of it is in memory at a time.</summary>
    /// <param name="image">At its beginning.</param>
    /// <param name="key">[32] what the image must have been made from.</param>
    /// <param name="splits">Where the splits lie.</param>
    /// <param name="notices">What its corpus's reader had to say.</param>
    /// <returns>What is wrong with it; null when nothing is.</returns>
    public static string? TryRead(Stream image, ReadOnlySpan<byte> key, out SplitLayout[] splits, out string[] notices)
    {
        (splits, notices) = ([], []);
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (image.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false) < HeaderBytes)
            return "it is truncated";
        if (!header.StartsWith(Magic))
            return "it is not a token cache";
        if (BinaryPrimitives.ReadInt32LittleEndian(header[VersionAt..]) != Version)
            return "its format is of another version";
        if (BinaryPrimitives.ReadUInt32LittleEndian(header[HeaderCheckAt..]) != ~Checksum(header[..HeaderCheckAt], ~0u) || header[(HeaderCheckAt + 4)..].ContainsAnyExcept((byte)0))
            return "its header is damaged";
        if (!header.Slice(KeyAt, KeyBytes).SequenceEqual(key))
            return "it was made from something else";

        int idBytes = BinaryPrimitives.ReadInt32LittleEndian(header[IdBytesAt..]), noticeBytes = BinaryPrimitives.ReadInt32LittleEndian(header[NoticesAt..]);
        var counts = new SplitCounts[3];
        for (int split = 0; split < counts.Length; split++)
        {
            ReadOnlySpan<byte> at = header[(CountsAt + split * CountBytes)..];
            counts[split] = new SplitCounts(BinaryPrimitives.ReadInt64LittleEndian(at), BinaryPrimitives.ReadInt32LittleEndian(at[8..]), BinaryPrimitives.ReadInt32LittleEndian(at[12..]));
        }
        if (Layout(counts, idBytes, noticeBytes, out splits, out long noticesAt) != image.Length)
            return "its length is wrong";
        if (BinaryPrimitives.ReadUInt32LittleEndian(header[BodyCheckAt..]) != ~BodyCheck(image))
            return "its contents are damaged";
        var text = new byte[noticeBytes];
        image.Position = noticesAt;
        image.ReadExactly(text);
        notices = Encoding.UTF8.GetString(text).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return null;
    }

    /// <summary>Where everything lies; returns the bytes of the image.</summary>
    private static long Layout(SplitCounts[] counts, int idBytes, int noticeBytes, out SplitLayout[] splits, out long noticesAt)
    {
        long end = HeaderBytes;
        long Place(long bytes)
        {
            long at = end;
            end += (bytes + 7) & ~7L;
            return at;
        }
        splits = [.. counts.Select(c => new SplitLayout(c, idBytes, Place(c.Tokens * idBytes), Place((c.Sentences + 1L) * sizeof(long)), Place((c.Documents + 1L) * sizeof(int))))];
        noticesAt = Place(noticeBytes);
        return end;
    }

    private static uint BodyCheck(Stream image)
    {
        uint check = ~0u;
        byte[] block = new byte[1 << 16];
        for (int count; (count = image.ReadAtLeast(block, block.Length, throwOnEndOfStream: false)) > 0;)
            check = Checksum(block.AsSpan(0, count), check);
        return check;
    }

    // Eight bytes an instruction; what follows the last eight is taken bytewise.
    private static uint Checksum(ReadOnlySpan<byte> bytes, uint crc)
    {
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(bytes))
            crc = BitOperations.Crc32C(crc, word);
        foreach (byte b in bytes[(bytes.Length & ~7)..])
            crc = BitOperations.Crc32C(crc, b);
        return crc;
    }
}
