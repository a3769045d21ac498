using System.Runtime.InteropServices;

namespace BareBert.Bert.Checkpoints;

/// <summary>Sizes, names and conversions of <see cref="StoredType"/>.</summary>
internal static class StoredTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int SizeInBytes(this StoredType type) => type switch
    {
        StoredType.Bool or StoredType.U8 or StoredType.I8 or StoredType.F8_E4M3 or StoredType.F8_E5M2 => 1,
        StoredType.I16 or StoredType.U16 or StoredType.F16 or StoredType.BF16 => 2,
        StoredType.I32 or StoredType.U32 or StoredType.F32 => 4,
        StoredType.I64 or StoredType.U64 or StoredType.F64 or StoredType.C64 => 8,
        StoredType.C128 => 16,
        _ => throw new ArgumentException($"the elements of {type} are of no known size"),
    };

    /// <summary>Whether <see cref="ToFloats"/> can read it: F16, BF16, F32 and F64.</summary>
    public static bool IsFloating(this StoredType type) =>
        type is StoredType.F16 or StoredType.BF16 or StoredType.F32 or StoredType.F64;

    /// <summary>The name in a safetensors header.</summary>
    public static string SafetensorsName(this StoredType type) => type.ToString().ToUpperInvariant();

    /// <summary>Whether nothing here computes with it: such tensors are noticed, and refused where a model needs them.</summary>
    public static bool IsForeign(this StoredType type) => type > StoredType.I64;

    /// <summary>The type of a safetensors header's name; <see cref="StoredType.Unknown"/> when it is a new one.</summary>
    public static StoredType Parse(string name)
    {
        foreach (StoredType candidate in Enum.GetValues<StoredType>())
        {
            if (candidate.SafetensorsName() == name)
                return candidate;
        }
        return StoredType.Unknown;
    }

    /// <summary>Converts stored elements to float32; F64 is rounded to nearest, the others are exact.</summary>
    /// <param name="type">A floating type.</param>
    /// <param name="bytes">destination.Length elements, little-endian, any alignment.</param>
    /// <param name="destination">Overwritten.</param>
    /// <exception cref="ArgumentException">The type is not floating, or the lengths disagree.</exception>
    public static void ToFloats(this StoredType type, ReadOnlySpan<byte> bytes, Span<float> destination)
    {
        if (bytes.Length != (long)destination.Length * type.SizeInBytes())
            throw new ArgumentException($"{bytes.Length} bytes are not {destination.Length} elements of {type}");
        switch (type)
        {
            case StoredType.F32:
                bytes.CopyTo(MemoryMarshal.AsBytes(destination));
                break;
            case StoredType.BF16:
                ReadOnlySpan<ushort> brains = MemoryMarshal.Cast<byte, ushort>(bytes);
                for (int i = 0; i < destination.Length; i++)
                    destination[i] = BitConverter.UInt32BitsToSingle((uint)brains[i] << 16);
                break;
            case StoredType.F16:
                ReadOnlySpan<Half> halves = MemoryMarshal.Cast<byte, Half>(bytes);
                for (int i = 0; i < destination.Length; i++)
                    destination[i] = (float)halves[i];
                break;
            case StoredType.F64:
                ReadOnlySpan<double> doubles = MemoryMarshal.Cast<byte, double>(bytes);
                for (int i = 0; i < destination.Length; i++)
                    destination[i] = (float)doubles[i];
                break;
            default:
                throw new ArgumentException($"{type} holds no floating-point numbers");
        }
    }
}
