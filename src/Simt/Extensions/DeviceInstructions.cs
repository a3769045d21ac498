using ILGPU;
using ILGPU.IR.Intrinsics;

namespace BareBert.Simt;

/// <summary>Exact functions of <c>MathF</c>, <c>Math</c> and <c>BitConverter</c> that are an instruction of the GPU, and that ILGPU 1.5.3 lacks or
/// compiles to something else than .NET's (its <c>Min</c> and <c>Max</c> lose NaN). Stands in for them as <see cref="DeviceMath"/> does.</summary>
internal static class DeviceInstructions
{
    [IntrinsicImplementation, Ptx("fma.rn.f32 $0, $1, $2, $3;")]
    public static float FusedMultiplyAdd(float x, float y, float z) => MathF.FusedMultiplyAdd(x, y, z);

    [IntrinsicImplementation, Ptx("fma.rn.f64 $0, $1, $2, $3;")]
    public static double FusedMultiplyAdd(double x, double y, double z) => Math.FusedMultiplyAdd(x, y, z);

    [IntrinsicImplementation, Ptx("max.NaN.f32 $0, $1, $2;")]
    public static float Max(float x, float y) => MathF.Max(x, y);

    [IntrinsicImplementation, Ptx("min.NaN.f32 $0, $1, $2;")]
    public static float Min(float x, float y) => MathF.Min(x, y);

    public static double Max(double x, double y) => double.IsNaN(x) ? x : double.IsNaN(y) ? y : MaxOfNumbers(x, y);

    public static double Min(double x, double y) => double.IsNaN(x) ? x : double.IsNaN(y) ? y : MinOfNumbers(x, y);

    [IntrinsicImplementation, Ptx("max.f64 $0, $1, $2;")]
    private static double MaxOfNumbers(double x, double y) => Math.Max(x, y);

    [IntrinsicImplementation, Ptx("min.f64 $0, $1, $2;")]
    private static double MinOfNumbers(double x, double y) => Math.Min(x, y);

    public static float Clamp(float x, float min, float max) => Max(Min(x, max), min);

    public static double Clamp(double x, double min, double max) => Max(Min(x, max), min);

    [IntrinsicImplementation, Ptx("sqrt.rn.f32 $0, $1;")]
    public static float Sqrt(float x) => MathF.Sqrt(x);

    [IntrinsicImplementation, Ptx("sqrt.rn.f64 $0, $1;")]
    public static double Sqrt(double x) => Math.Sqrt(x);

    [IntrinsicImplementation, Ptx("cvt.rmi.f32.f32 $0, $1;")]
    public static float Floor(float x) => MathF.Floor(x);

    [IntrinsicImplementation, Ptx("cvt.rmi.f64.f64 $0, $1;")]
    public static double Floor(double x) => Math.Floor(x);

    [IntrinsicImplementation, Ptx("cvt.rpi.f32.f32 $0, $1;")]
    public static float Ceiling(float x) => MathF.Ceiling(x);

    [IntrinsicImplementation, Ptx("cvt.rpi.f64.f64 $0, $1;")]
    public static double Ceiling(double x) => Math.Ceiling(x);

    [IntrinsicImplementation, Ptx("cvt.rzi.f32.f32 $0, $1;")]
    public static float Truncate(float x) => MathF.Truncate(x);

    [IntrinsicImplementation, Ptx("cvt.rzi.f64.f64 $0, $1;")]
    public static double Truncate(double x) => Math.Truncate(x);

    [IntrinsicImplementation, Ptx("cvt.rni.f32.f32 $0, $1;")]
    public static float Round(float x) => MathF.Round(x);

    [IntrinsicImplementation, Ptx("cvt.rni.f64.f64 $0, $1;")]
    public static double Round(double x) => Math.Round(x);

    public static float RoundToEven(float x) => Round(x);

    public static double RoundToEven(double x) => Round(x);

    public static uint SingleToUInt32Bits(float value) => Interop.FloatAsInt(value);

    public static float UInt32BitsToSingle(uint bits) => Interop.IntAsFloat(bits);

    public static ulong DoubleToUInt64Bits(double value) => Interop.FloatAsInt(value);

    public static double UInt64BitsToDouble(ulong bits) => Interop.IntAsFloat(bits);
}
