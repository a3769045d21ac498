using FsCheck;
using FsCheck.Fluent;

namespace BareBert.Tests;

/// <summary>Spoilt copies of a good file, for readers that must survive them.</summary>
public static class Mutations
{
    /// <summary>Cut short, bits flipped, bytes overwritten or removed, or a piece repeated.</summary>
    public static Gen<byte[]> Of(byte[] good) => Gen.OneOf(
        Gen.Choose(0, good.Length).Select(length => good[..length]),
        Edits(good, (bytes, at, value) => bytes[at] ^= (byte)(1 << (value & 7))),
        Edits(good, (bytes, at, value) => bytes[at] = (byte)value),
        from at in Gen.Choose(0, good.Length - 1)
        from length in Gen.Choose(1, 16)
        select (byte[])[.. good[..at], .. good[Math.Min(good.Length, at + length)..]],
        from at in Gen.Choose(0, good.Length - 1)
        from length in Gen.Choose(1, 16)
        select (byte[])[.. good[..Math.Min(good.Length, at + length)], .. good[at..]]);

    /// <summary>Bytes of no meaning.</summary>
    public static Gen<byte[]> Noise(int longest) =>
        from length in Gen.Choose(0, longest)
        from bytes in Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf(length)
        select bytes;

    private static Gen<byte[]> Edits(byte[] good, Action<byte[], int, int> edit) =>
        from edits in (from at in Gen.Choose(0, good.Length - 1) from value in Gen.Choose(0, 255) select (at, value)).ArrayOf(3)
        select Apply(good, edits, edit);

    private static byte[] Apply(byte[] good, (int At, int Value)[] edits, Action<byte[], int, int> edit)
    {
        byte[] copy = [.. good];
        foreach ((int at, int value) in edits)
            edit(copy, at, value);
        return copy;
    }
}
