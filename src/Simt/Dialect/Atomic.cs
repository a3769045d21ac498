using BareBert.Simt;

namespace ILGPU;

/// <summary>Reads, changes and writes a place in one indivisible step; returns what was there before.</summary>
public static class Atomic
{
    /// <summary>target += value.</summary>
    public static int Add(ref int target, int value) => DeviceOnly.Call<int>();

    /// <inheritdoc cref="Add(ref int, int)"/>
    public static long Add(ref long target, long value) => DeviceOnly.Call<long>();

    /// <inheritdoc cref="Add(ref int, int)"/>
    public static uint Add(ref uint target, uint value) => DeviceOnly.Call<uint>();

    /// <inheritdoc cref="Add(ref int, int)"/>
    public static ulong Add(ref ulong target, ulong value) => DeviceOnly.Call<ulong>();

    /// <inheritdoc cref="Add(ref int, int)"/>
    public static float Add(ref float target, float value) => DeviceOnly.Call<float>();

    /// <inheritdoc cref="Add(ref int, int)"/>
    public static double Add(ref double target, double value) => DeviceOnly.Call<double>();

    /// <summary>target = max(target, value).</summary>
    public static int Max(ref int target, int value) => DeviceOnly.Call<int>();

    /// <inheritdoc cref="Max(ref int, int)"/>
    public static long Max(ref long target, long value) => DeviceOnly.Call<long>();

    /// <inheritdoc cref="Max(ref int, int)"/>
    public static uint Max(ref uint target, uint value) => DeviceOnly.Call<uint>();

    /// <inheritdoc cref="Max(ref int, int)"/>
    public static ulong Max(ref ulong target, ulong value) => DeviceOnly.Call<ulong>();

    /// <inheritdoc cref="Max(ref int, int)"/>
    public static float Max(ref float target, float value) => DeviceOnly.Call<float>();

    /// <inheritdoc cref="Max(ref int, int)"/>
    public static double Max(ref double target, double value) => DeviceOnly.Call<double>();

    /// <summary>target = min(target, value).</summary>
    public static int Min(ref int target, int value) => DeviceOnly.Call<int>();

    /// <inheritdoc cref="Min(ref int, int)"/>
    public static long Min(ref long target, long value) => DeviceOnly.Call<long>();

    /// <inheritdoc cref="Min(ref int, int)"/>
    public static uint Min(ref uint target, uint value) => DeviceOnly.Call<uint>();

    /// <inheritdoc cref="Min(ref int, int)"/>
    public static ulong Min(ref ulong target, ulong value) => DeviceOnly.Call<ulong>();

    /// <inheritdoc cref="Min(ref int, int)"/>
    public static float Min(ref float target, float value) => DeviceOnly.Call<float>();

    /// <inheritdoc cref="Min(ref int, int)"/>
    public static double Min(ref double target, double value) => DeviceOnly.Call<double>();

    /// <summary>target &amp;= value.</summary>
    public static int And(ref int target, int value) => DeviceOnly.Call<int>();

    /// <inheritdoc cref="And(ref int, int)"/>
    public static long And(ref long target, long value) => DeviceOnly.Call<long>();

    /// <inheritdoc cref="And(ref int, int)"/>
    public static uint And(ref uint target, uint value) => DeviceOnly.Call<uint>();

    /// <inheritdoc cref="And(ref int, int)"/>
    public static ulong And(ref ulong target, ulong value) => DeviceOnly.Call<ulong>();

    /// <summary>target |= value.</summary>
    public static int Or(ref int target, int value) => DeviceOnly.Call<int>();

    /// <inheritdoc cref="Or(ref int, int)"/>
    public static long Or(ref long target, long value) => DeviceOnly.Call<long>();

    /// <inheritdoc cref="Or(ref int, int)"/>
    public static uint Or(ref uint target, uint value) => DeviceOnly.Call<uint>();

    /// <inheritdoc cref="Or(ref int, int)"/>
    public static ulong Or(ref ulong target, ulong value) => DeviceOnly.Call<ulong>();

    /// <summary>target ^= value.</summary>
    public static int Xor(ref int target, int value) => DeviceOnly.Call<int>();

    /// <inheritdoc cref="Xor(ref int, int)"/>
    public static long Xor(ref long target, long value) => DeviceOnly.Call<long>();

    /// <inheritdoc cref="Xor(ref int, int)"/>
    public static uint Xor(ref uint target, uint value) => DeviceOnly.Call<uint>();

    /// <inheritdoc cref="Xor(ref int, int)"/>
    public static ulong Xor(ref ulong target, ulong value) => DeviceOnly.Call<ulong>();

    /// <summary>target = value.</summary>
    public static int Exchange(ref int target, int value) => DeviceOnly.Call<int>();

    /// <inheritdoc cref="Exchange(ref int, int)"/>
    public static long Exchange(ref long target, long value) => DeviceOnly.Call<long>();

    /// <inheritdoc cref="Exchange(ref int, int)"/>
    public static uint Exchange(ref uint target, uint value) => DeviceOnly.Call<uint>();

    /// <inheritdoc cref="Exchange(ref int, int)"/>
    public static ulong Exchange(ref ulong target, ulong value) => DeviceOnly.Call<ulong>();

    /// <inheritdoc cref="Exchange(ref int, int)"/>
    public static float Exchange(ref float target, float value) => DeviceOnly.Call<float>();

    /// <inheritdoc cref="Exchange(ref int, int)"/>
    public static double Exchange(ref double target, double value) => DeviceOnly.Call<double>();

    /// <summary>target = value where target equals compare (bit by bit).</summary>
    public static int CompareExchange(ref int target, int compare, int value) => DeviceOnly.Call<int>();

    /// <inheritdoc cref="CompareExchange(ref int, int, int)"/>
    public static long CompareExchange(ref long target, long compare, long value) => DeviceOnly.Call<long>();

    /// <inheritdoc cref="CompareExchange(ref int, int, int)"/>
    public static uint CompareExchange(ref uint target, uint compare, uint value) => DeviceOnly.Call<uint>();

    /// <inheritdoc cref="CompareExchange(ref int, int, int)"/>
    public static ulong CompareExchange(ref ulong target, ulong compare, ulong value) => DeviceOnly.Call<ulong>();

    /// <inheritdoc cref="CompareExchange(ref int, int, int)"/>
    public static float CompareExchange(ref float target, float compare, float value) => DeviceOnly.Call<float>();

    /// <inheritdoc cref="CompareExchange(ref int, int, int)"/>
    public static double CompareExchange(ref double target, double compare, double value) => DeviceOnly.Call<double>();
}
