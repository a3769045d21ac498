namespace BareBert.Simt;

internal sealed partial class Decoder
{
    private LaneInstruction? Convert(string opcode) => opcode switch
    {
        "cvt.rn.f32.s32" => Unary<int, float>(x => x),
        "cvt.rn.f32.u32" => Unary<uint, float>(x => x),
        "cvt.rn.f32.s64" => Unary<long, float>(x => x),
        "cvt.rn.f32.u64" => Unary<ulong, float>(x => x),
        "cvt.rn.f64.s32" => Unary<int, double>(x => x),
        "cvt.rn.f64.u32" => Unary<uint, double>(x => x),
        "cvt.rn.f64.s64" => Unary<long, double>(x => x),
        "cvt.rn.f64.u64" => Unary<ulong, double>(x => x),
        "cvt.rn.f32.s8" => Unary<uint, float>(x => (sbyte)x),
        "cvt.rn.f32.u8" => Unary<uint, float>(x => (byte)x),
        "cvt.rn.f32.s16" => Unary<uint, float>(x => (short)x),
        "cvt.rn.f32.u16" => Unary<uint, float>(x => (ushort)x),
        "cvt.rn.f64.s8" => Unary<uint, double>(x => (sbyte)x),
        "cvt.rn.f64.u8" => Unary<uint, double>(x => (byte)x),
        "cvt.rn.f64.s16" => Unary<uint, double>(x => (short)x),
        "cvt.rn.f64.u16" => Unary<uint, double>(x => (ushort)x),
        "cvt.rn.f32.f64" => Unary<double, float>(x => (float)x),
        "cvt.f64.f32" => Unary<float, double>(x => x),
        "cvt.rzi.s32.f32" => Unary<float, int>(x => (int)x),
        "cvt.rzi.u32.f32" => Unary<float, uint>(x => (uint)x),
        "cvt.rzi.s64.f32" => Unary<float, long>(x => (long)x),
        "cvt.rzi.u64.f32" => Unary<float, ulong>(x => (ulong)x),
        "cvt.rzi.s32.f64" => Unary<double, int>(x => (int)x),
        "cvt.rzi.u32.f64" => Unary<double, uint>(x => (uint)x),
        "cvt.rzi.s64.f64" => Unary<double, long>(x => (long)x),
        "cvt.rzi.u64.f64" => Unary<double, ulong>(x => (ulong)x),
        // To a small integer, saturated as to the others.
        "cvt.rzi.s8.f32" => Unary<float, uint>(x => Clamped(x, sbyte.MinValue, sbyte.MaxValue)),
        "cvt.rzi.u8.f32" => Unary<float, uint>(x => Clamped(x, byte.MinValue, byte.MaxValue)),
        "cvt.rzi.s16.f32" => Unary<float, uint>(x => Clamped(x, short.MinValue, short.MaxValue)),
        "cvt.rzi.u16.f32" => Unary<float, uint>(x => Clamped(x, ushort.MinValue, ushort.MaxValue)),
        "cvt.rzi.s8.f64" => Unary<double, uint>(x => Clamped(x, sbyte.MinValue, sbyte.MaxValue)),
        "cvt.rzi.u8.f64" => Unary<double, uint>(x => Clamped(x, byte.MinValue, byte.MaxValue)),
        "cvt.rzi.s16.f64" => Unary<double, uint>(x => Clamped(x, short.MinValue, short.MaxValue)),
        "cvt.rzi.u16.f64" => Unary<double, uint>(x => Clamped(x, ushort.MinValue, ushort.MaxValue)),
        "cvt.rmi.f32.f32" => Unary<float, float>(MathF.Floor),
        "cvt.rpi.f32.f32" => Unary<float, float>(MathF.Ceiling),
        "cvt.rzi.f32.f32" => Unary<float, float>(MathF.Truncate),
        "cvt.rni.f32.f32" => Unary<float, float>(MathF.Round),
        "cvt.rmi.f64.f64" => Unary<double, double>(Math.Floor),
        "cvt.rpi.f64.f64" => Unary<double, double>(Math.Ceiling),
        "cvt.rzi.f64.f64" => Unary<double, double>(Math.Truncate),
        "cvt.rni.f64.f64" => Unary<double, double>(Math.Round),
        "cvt.rna.tf32.f32" => Unary<float, uint>(RoundToTf32),
        "cvt.rn.bf16.f32" => Unary<float, uint>(x => Bf16.FromFloat(x)),
        "cvt.rn.bf16x2.f32" => new PairInstruction<float, uint>(Register(0), Source(1), Source(2),
            (high, low) => (uint)Bf16.FromFloat(high) << 16 | Bf16.FromFloat(low)),
        _ => opcode.Split('.') is ["cvt", var to, var from] ? ConvertInteger(to, from) : null,
    };

    // Between integers: a 16-bit register holds its bits in the lower half of 32, zeros above.
    private LaneInstruction? ConvertInteger(string to, string from)
    {
        Func<ulong, long>? read = from switch
        {
            "s8" => x => (sbyte)x,
            "u8" => x => (byte)x,
            "s16" => x => (short)x,
            "u16" => x => (ushort)x,
            "s32" => x => (int)x,
            "u32" => x => (uint)x,
            "s64" or "u64" => x => (long)x,
            _ => null,
        };
        Func<long, ulong>? write = to switch
        {
            "s8" => x => (ushort)(sbyte)x,
            "u8" => x => (byte)x,
            "s16" or "u16" => x => (ushort)x,
            "s32" or "u32" => x => (uint)x,
            "s64" or "u64" => x => (ulong)x,
            _ => null,
        };
        if (read is null || write is null)
            return null;
        // The small types' registers may be of 32 bits: there the number is extended to all of them.
        Func<long, ulong> wide = to == "s8" && !current.Operands[0].StartsWith("%rs", StringComparison.Ordinal) ? x => (uint)(sbyte)x
            : to == "s16" && !current.Operands[0].StartsWith("%rs", StringComparison.Ordinal) ? x => (uint)(short)x : write;
        return (from.EndsWith("64", StringComparison.Ordinal), to.EndsWith("64", StringComparison.Ordinal)) switch
        {
            (false, false) => Unary<uint, uint>(x => (uint)wide(read(x))),
            (false, true) => Unary<uint, ulong>(x => wide(read(x))),
            (true, false) => Unary<ulong, uint>(x => (uint)wide(read(x))),
            (true, true) => Unary<ulong, ulong>(x => wide(read(x))),
        };
    }

    private static uint Clamped(double value, int least, int most) => (ushort)(double.IsNaN(value) ? 0 : (int)Math.Clamp(Math.Truncate(value), least, most));

    /// <summary>To 10 mantissa bits, ties away from zero.</summary>
    private static uint RoundToTf32(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsFinite(value) ? bits + 0x1000 & 0xFFFFE000 : bits;
    }
}
