namespace BareBert;

/// <summary>Facts about element types.</summary>
public static class DTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int Size(this DType type) => type switch
    {
        DType.Float32 or DType.Int32 => 4,
        DType.Float64 => 8,
        DType.BFloat16 => 2,
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    /// <summary>The element type that a C# type stores.</summary>
    /// <exception cref="NotSupportedException">No tensor holds such elements.</exception>
    public static DType Of<T>() where T : unmanaged =>
        typeof(T) == typeof(float) ? DType.Float32
        : typeof(T) == typeof(double) ? DType.Float64
        : typeof(T) == typeof(int) ? DType.Int32
        : typeof(T) == typeof(ushort) ? DType.BFloat16
        : throw new NotSupportedException($"no tensor holds elements of {typeof(T)}");
}
