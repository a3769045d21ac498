using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace BareBert.Bert.Data;

/// <summary>The layout of a token cache: a header, then the ids and tables of each split, then the reader's notices.</summary>
/// <remarks>
/// Little endian. Header, 128 bytes: magic, format version, bytes an id (2 or 4), key, three counts for each of three splits,
/// bytes of notices, CRC-32C of the body, CRC-32C of the header up to there, zeros. In the body every table begins at a multiple of 8.
/// </remarks>
internal static class TokenImage
{
    public const int KeyBytes = 32;

    private const int Version = 1;
    private const int HeaderBytes = 128;
    private const int VersionAt = 8, IdBytesAt = 12, KeyAt = 16, CountsAt = 48, NoticesAt = 84, BodyCheckAt = 88, HeaderCheckAt = 92;

    private static ReadOnlySpan<byte> Magic => "BAREBERT"u8;

    /// <summary>Where the tables of a split lie, in bytes from the beginning of the image.</summary>
    public readonly record struct SplitLayout(int Tokens, int Sentences, int Documents, int IdBytes, int Ids, int SentenceStarts, int DocumentStarts);

    /// <summary>Puts an image together.</summary>
    /// <param name="splits">Train, valid, test.</param>
    /// <param name="vocabularySize">Up to 65,536 ids fit two bytes.</param>
    /// <param name="key">[32] what the image was made from.</param>
    /// <param name="notices">Kept, so that they are reported again when the cache is used.</param>
    /// <exception cref="InputException">More than 2 GB.</exception>
    public static byte[] Build(IReadOnlyList<TokenTables> splits, int vocabularySize, ReadOnlySpan<byte> key, IReadOnlyList<string> notices)
    {
        int idBytes = vocabularySize <= ushort.MaxValue + 1 ? sizeof(ushort) : sizeof(int);
        byte[] noticeBytes = Encoding.UTF8.GetBytes(string.Join('\n', notices));
        var counts = splits.Select(s => (s.Ids.Count, s.SentenceStarts.Count - 1, s.DocumentStarts.Count - 1)).ToList();
        long size = Layout(counts, idBytes, noticeBytes.Length, out var layouts, out int noticesOffset);
        if (size > Array.MaxLength)
            throw new InputException($"the corpus is too large: {size >> 20} MB of token ids; give at most 2 GB of them");

        var image = new byte[size];
        for (int i = 0; i < layouts.Length; i++)
            WriteTables(image, layouts[i], splits[i]);
        noticeBytes.CopyTo(image, noticesOffset);
        WriteHeader(image, idBytes, key, counts, noticeBytes.Length);
        return image;
    }

    private static void WriteTables(byte[] image, SplitLayout layout, TokenTables tables)
    {
        Ints(tables.SentenceStarts).CopyTo(image.AsSpan(layout.SentenceStarts));
        Ints(tables.DocumentStarts).CopyTo(image.AsSpan(layout.DocumentStarts));
        if (layout.IdBytes == sizeof(int))
        {
            Ints(tables.Ids).CopyTo(image.AsSpan(layout.Ids));
            return;
        }
        var narrow = MemoryMarshal.Cast<byte, ushort>(image.AsSpan(layout.Ids, layout.Tokens * sizeof(ushort)));
        for (int i = 0; i < narrow.Length; i++)
            narrow[i] = (ushort)tables.Ids[i];
    }

    private static ReadOnlySpan<byte> Ints(List<int> list) => MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(list));

    private static void WriteHeader(Span<byte> image, int idBytes, ReadOnlySpan<byte> key, List<(int, int, int)> counts, int noticeBytes)
    {
        Magic.CopyTo(image);
        BinaryPrimitives.WriteInt32LittleEndian(image[VersionAt..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(image[IdBytesAt..], idBytes);
        key.CopyTo(image[KeyAt..]);
        var numbers = counts.SelectMany(c => new[] { c.Item1, c.Item2, c.Item3 }).ToArray();
        for (int i = 0; i < numbers.Length; i++)
            BinaryPrimitives.WriteInt32LittleEndian(image[(CountsAt + 4 * i)..], numbers[i]);
        BinaryPrimitives.WriteInt32LittleEndian(image[NoticesAt..], noticeBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(image[BodyCheckAt..], Checksum(image[HeaderBytes..]));
        BinaryPrimitives.WriteUInt32LittleEndian(image[HeaderCheckAt..], Checksum(image[..HeaderCheckAt]));
    }

    /// <summary>Reads an image back, if it is one, whole, unchanged, and made from <paramref name="key"/>.</summary>
    /// <param name="image">The bytes.</param>
    /// <param name="key">[32] what the image must have been made from.</param>
    /// <param name="splits">Where the splits lie.</param>
    /// <param name="notices">What its corpus's reader had to say.</param>
    /// <returns>What is wrong with it; null when nothing is.</returns>
    public static string? TryRead(ReadOnlySpan<byte> image, ReadOnlySpan<byte> key, out SplitLayout[] splits, out string[] notices)
    {
        (splits, notices) = ([], []);
        if (image.Length < HeaderBytes)
            return "it is truncated";
        if (!image.StartsWith(Magic))
            return "it is not a token cache";
        if (BinaryPrimitives.ReadInt32LittleEndian(image[VersionAt..]) != Version)
            return "its format is of another version";
        if (BinaryPrimitives.ReadUInt32LittleEndian(image[HeaderCheckAt..]) != Checksum(image[..HeaderCheckAt]))
            return "its header is damaged";
        if (!image.Slice(KeyAt, KeyBytes).SequenceEqual(key))
            return "it was made from something else";

        var counts = new List<(int, int, int)>();
        for (int at = CountsAt; at < NoticesAt; at += 12)
            counts.Add((Int(image, at), Int(image, at + 4), Int(image, at + 8)));
        int noticeBytes = Int(image, NoticesAt);
        if (Layout(counts, Int(image, IdBytesAt), noticeBytes, out splits, out int noticesOffset) != image.Length)
            return "its length is wrong";
        if (BinaryPrimitives.ReadUInt32LittleEndian(image[BodyCheckAt..]) != Checksum(image[HeaderBytes..]))
            return "its contents are damaged";
        string text = Encoding.UTF8.GetString(image.Slice(noticesOffset, noticeBytes));
        notices = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return null;
    }

    private static int Int(ReadOnlySpan<byte> image, int at) => BinaryPrimitives.ReadInt32LittleEndian(image[at..]);

    /// <summary>Where everything lies; returns the bytes of the image.</summary>
    private static long Layout(List<(int Tokens, int Sentences, int Documents)> counts, int idBytes, int noticeBytes, out SplitLayout[] splits, out int noticesOffset)
    {
        long end = HeaderBytes;
        int Place(long bytes)
        {
            long at = end;
            end += (bytes + 7) & ~7L;
            return (int)Math.Min(at, int.MaxValue);
        }
        splits = [.. counts.Select(c => new SplitLayout(c.Tokens, c.Sentences, c.Documents, idBytes,
            Place((long)c.Tokens * idBytes), Place((c.Sentences + 1L) * sizeof(int)), Place((c.Documents + 1L) * sizeof(int))))];
        noticesOffset = Place(noticeBytes);
        return end;
    }

    // Eight bytes an instruction; lengths are multiples of 4 at least, the rest is taken bytewise.
    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = ~0u;
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(bytes))
            crc = BitOperations.Crc32C(crc, word);
        foreach (byte b in bytes[(bytes.Length & ~7)..])
            crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }
}
