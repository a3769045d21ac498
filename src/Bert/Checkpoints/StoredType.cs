using System.Runtime.InteropServices;

namespace BareBert.Bert.Checkpoints;

/// <summary>The element types a checkpoint file may hold, little-endian on disk.</summary>
public enum StoredType
{
    /// <summary>One byte, 0 or 1.</summary>
    Bool,
    /// <summary>Unsigned byte.</summary>
    U8,
    /// <summary>Signed byte.</summary>
    I8,
    /// <summary>16-bit integer.</summary>
    I16,
    /// <summary>IEEE half precision.</summary>
    F16,
    /// <summary>The upper half of a float32.</summary>
    BF16,
    /// <summary>32-bit integer.</summary>
    I32,
    /// <summary>IEEE single precision.</summary>
    F32,
    /// <summary>IEEE double precision.</summary>
    F64,
    /// <summary>64-bit integer.</summary>
    I64,
}

/// <summary>Sizes, names and conversions of <see cref="StoredType"/>.</summary>
public static class StoredTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int SizeInBytes(this StoredType type) => type switch
    {
        StoredType.Bool or StoredType.U8 or StoredType.I8 => 1,
        StoredType.I16 or StoredType.F16 or StoredType.BF16 => 2,
        StoredType.I32 or StoredType.F32 => 4,
        _ => 8,
    };

    /// <summary>Whether <see cref="ToFloats"/> can read it: F16, BF16, F32 and F64.</summary>
    public static bool IsFloating(this StoredType type) =>
        type is StoredType.F16 or StoredType.BF16 or StoredType.F32 or StoredType.F64;

    /// <summary>The name in a safetensors header.</summary>
    public static string SafetensorsName(this StoredType type) => type.ToString().ToUpperInvariant();

    /// <summary>The type of a safetensors header's name; false when it is not one that is read here.</summary>
    public static bool TryParse(string name, out StoredType type)
    {
        foreach (StoredType candidate in Enum.GetValues<StoredType>())
        {
            if (candidate.SafetensorsName() == name)
            {
                type = candidate;
                return true;
            }
        }
        type = default;
        return false;
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
