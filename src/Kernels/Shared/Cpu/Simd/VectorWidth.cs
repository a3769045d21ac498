using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace BareBert.Kernels;

/// <summary>How wide the vectors are that this process computes with.</summary>
/// <remarks>
/// On Intel's first servers with AVX-512 (Skylake, Cascade Lake, Cooper Lake), which clock lower under it, .NET says that vectors of 512
/// bits are not worth it: true of a short copy now and then, not of multiplies that fill both of the processor's units for minutes (on
/// Cascade Lake 151 GFLOP/s a core against 85). There they are used too, unless the environment variable
/// <c>DOTNET_PreferredVectorBitWidth</c> says how wide vectors shall be (256, a decimal number, unlike the runtime's other variables).
/// </remarks>
public static class VectorWidth
{
    /// <summary>Floats in the widest vector: 16 (AVX-512), 8 (AVX2), or 4.</summary>
    public static int Floats => Is512 ? 16 : Is256 ? 8 : 4;

    internal static readonly bool Is512 = Vector512.IsHardwareAccelerated
        || Avx512F.IsSupported && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("DOTNET_PreferredVectorBitWidth"));

    internal static bool Is256 => Vector256.IsHardwareAccelerated;
}
