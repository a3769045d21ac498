using System.Runtime.CompilerServices;

namespace ILGPU;

/// <summary>Sizes, and the bits of a floating-point number.</summary>
public static class Interop
{
    /// <summary>Bytes a <typeparamref name="T"/> takes.</summary>
    public static int SizeOf<T>() where T : unmanaged => Unsafe.SizeOf<T>();

    public static uint FloatAsInt(float value) => BitConverter.SingleToUInt32Bits(value);

    public static ulong FloatAsInt(double value) => BitConverter.DoubleToUInt64Bits(value);

    public static float IntAsFloat(uint value) => BitConverter.UInt32BitsToSingle(value);

    public static double IntAsFloat(ulong value) => BitConverter.UInt64BitsToDouble(value);
}
