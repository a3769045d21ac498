using ILGPU.IR.Intrinsics;

namespace BareBert.Simt;

/// <summary>bfloat16: the upper half of a float32, held as <see cref="ushort"/>. Works on the host and in kernels.</summary>
public static class Bf16
{
    /// <summary>The nearest bfloat16, ties to even; NaN stays NaN.</summary>
    [IntrinsicImplementation, Ptx("cvt.rn.bf16.f32 $0, $1;")]
    public static ushort FromFloat(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        if (float.IsNaN(value))
            return 0x7FFF;
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>The same number as float32; exact.</summary>
    public static float ToFloat(ushort value) => BitConverter.UInt32BitsToSingle((uint)value << 16);

    /// <summary>Two numbers in one word; <paramref name="low"/> comes first in memory.</summary>
    [IntrinsicImplementation, Ptx("cvt.rn.bf16x2.f32 $0, $2, $1;")]
    public static uint Pack(float low, float high) => FromFloat(low) | (uint)FromFloat(high) << 16;

    /// <summary>The number in the word's lower half.</summary>
    public static float Low(uint pair) => BitConverter.UInt32BitsToSingle(pair << 16);

    /// <summary>The number in the word's upper half.</summary>
    public static float High(uint pair) => BitConverter.UInt32BitsToSingle(pair & 0xFFFF0000u);
}
