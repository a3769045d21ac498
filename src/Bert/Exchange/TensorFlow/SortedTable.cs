using System.Buffers.Binary;
using System.Numerics;

namespace BareBert.Bert.Exchange.TensorFlow;

/// <summary>
/// A table of keys and values on disk, sorted, in blocks with check sums: LevelDB's format, as TensorFlow writes it.
/// </summary>
/// <remarks>github.com/google/leveldb, doc/table_format.md; tensorflow/core/lib/io/format.h.</remarks>
internal static class SortedTable
{
    private const ulong Magic = 0xdb4775248b80fb57;
    private const int FooterLength = 48, HandlesLength = 40, TrailerLength = 5;
    private const byte Plain = 0, Snappy = 1;
    private const long MostUnpacked = 64 << 20;

    // A key may share all of the one before it: a few bytes of a file stand for any length of it.
    private const int LongestKey = 4096;

    /// <summary>Reads a whole table.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <param name="where">The file, for messages.</param>
    /// <returns>Keys, as bytes, and values, in order.</returns>
    /// <exception cref="InputException">It is none, or damaged.</exception>
    public static List<(byte[] Key, ReadOnlyMemory<byte> Value)> Read(ReadOnlyMemory<byte> file, string where)
    {
        if (file.Length < FooterLength || BinaryPrimitives.ReadUInt64LittleEndian(file.Span[^8..]) != Magic)
            throw new InputException($"not the index of a TensorFlow checkpoint: {where}; name a bert_model.ckpt.index of version 2");
        var handles = new Cursor(file[^FooterLength..^(FooterLength - HandlesLength)], where);
        handles.Handle(); // of a block about the table, which TensorFlow leaves empty
        var entries = new List<(byte[], ReadOnlyMemory<byte>)>();
        long room = MostUnpacked;
        foreach ((_, ReadOnlyMemory<byte> handle) in Block(file, handles.Handle(), where, ref room))
            entries.AddRange(Block(file, new Cursor(handle, where).Handle(), where, ref room));
        return entries;
    }

    // Many handles may name one block: what all of them hold is taken from one room.
    private static List<(byte[] Key, ReadOnlyMemory<byte> Value)> Block(ReadOnlyMemory<byte> file, (long Offset, long Length) handle, string where, ref long room)
    {
        if (handle.Offset < 0 || handle.Length < 4 || handle.Offset > file.Length - FooterLength - TrailerLength - handle.Length)
            throw Damaged(where, "a block lies outside the file");
        ReadOnlySpan<byte> checkedBytes = file.Span.Slice((int)handle.Offset, (int)handle.Length + 1);
        if (MaskedCrc.Of(checkedBytes) != BinaryPrimitives.ReadUInt32LittleEndian(file.Span[((int)handle.Offset + checkedBytes.Length)..]))
            throw Damaged(where, "a block's check sum is wrong");
        ReadOnlyMemory<byte> block = Unpack(checkedBytes[^1], file.Slice((int)handle.Offset, (int)handle.Length), where);
        if (block.Length < 4)
            throw Damaged(where, "a block is empty");
        room -= block.Length;
        long restarts = 4L * BinaryPrimitives.ReadUInt32LittleEndian(block.Span[^4..]) + 4;
        if (restarts > block.Length)
            throw Damaged(where, "a block lists more restarts than it holds");
        var cursor = new Cursor(block[..^(int)restarts], where);
        var entries = new List<(byte[] Key, ReadOnlyMemory<byte> Value)>();
        byte[] key = [];
        while (!cursor.IsAtEnd)
        {
            // A key begins as the one before it does.
            long shared = cursor.Number(), own = cursor.Number(), value = cursor.Number();
            if (shared > key.Length)
                throw Damaged(where, "a key shares more with the one before it than that has");
            if (own > LongestKey - shared || (room -= shared + own) < 0)
                throw Damaged(where, "its keys are longer than any variable's name, or more than any index has");
            key = [.. key.AsSpan(0, (int)shared), .. cursor.Take(own).Span];
            entries.Add((key, cursor.Take(value)));
        }
        return entries;
    }

    private static ReadOnlyMemory<byte> Unpack(byte compression, ReadOnlyMemory<byte> block, string where)
    {
        if (compression == Plain)
            return block;
        if (compression != Snappy)
            throw Damaged(where, $"a block is compressed in an unknown way, {compression}");
        if (new Cursor(block, where).Number() > MostUnpacked)
            throw Damaged(where, "a block is larger than any index's");
        try
        {
            return Snappier.Snappy.DecompressToArray(block.Span);
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentException)
        {
            throw Damaged(where, "a block cannot be unpacked");
        }
    }

    private static InputException Damaged(string where, string how) => new($"a damaged index: {where}: {how}; fetch the checkpoint again");

    private sealed class Cursor(ReadOnlyMemory<byte> bytes, string where)
    {
        private ReadOnlyMemory<byte> _rest = bytes;

        public bool IsAtEnd => _rest.IsEmpty;

        public (long Offset, long Length) Handle() => (Number(), Number());

        public ReadOnlyMemory<byte> Take(long count)
        {
            if (count < 0 || count > _rest.Length)
                throw Damaged(where, "it is cut short");
            ReadOnlyMemory<byte> taken = _rest[..(int)count];
            _rest = _rest[(int)count..];
            return taken;
        }

        // Seven bits a byte, the lowest first.
        public long Number()
        {
            ulong value = 0;
            for (int shift = 0; shift < 63; shift += 7)
            {
                byte next = Take(1).Span[0];
                value |= (ulong)(next & 0x7F) << shift;
                if (next < 0x80)
                    return (long)value;
            }
            throw Damaged(where, "a number is too long");
        }
    }
}
