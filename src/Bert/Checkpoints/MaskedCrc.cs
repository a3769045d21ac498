using System.Buffers.Binary;
using System.Numerics;

namespace BareBert.Bert.Checkpoints;

/// <summary>
/// CRC-32C (Castagnoli) as TensorFlow's and LevelDB's files hold it: turned and shifted, so that the sum of bytes that hold a sum
/// themselves is not a special one.
/// </summary>
internal static class MaskedCrc
{
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        for (; bytes.Length >= 8; bytes = bytes[8..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (byte value in bytes)
            crc = BitOperations.Crc32C(crc, value);
        return BitOperations.RotateRight(~crc, 15) + 0xa282ead8;
    }
}
