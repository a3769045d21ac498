using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace BareBert.Kernels;

/// <summary>Work that is compiled for each microkernel.</summary>
internal interface IInt8Work
{
    /// <summary>Does it.</summary>
    void Do<TMicroKernel, TSimd, V>() where TMicroKernel : IInt8MicroKernel where TSimd : ISimd<V> where V : struct;
}

/// <summary>The microkernel of this processor.</summary>
internal static class Int8Choice
{
    /// <summary><see cref="IInt8MicroKernel.Group"/>.</summary>
    public static int Group => Int8VnniMicroKernel.IsSupported || Int8VectorsVnni256.IsSupported ? 4 : 2;

    /// <summary>The instruction that multiplies.</summary>
    public static string Instruction => Group == 4 ? "vpdpbusd" : Sse2.IsSupported ? "vpmaddwd" : AdvSimd.Arm64.IsSupported ? "smull" : "multiply";

    /// <summary>Does work with it.</summary>
    public static void Do<TWork>(TWork work) where TWork : IInt8Work
    {
        if (Int8VnniMicroKernel.IsSupported)
            work.Do<Int8VnniMicroKernel, Simd512, Vector512<float>>();
        else if (Int8VectorsVnni256.IsSupported)
            work.Do<Int8MicroKernel<Int8VectorsVnni256, Vector256<int>>, Simd256, Vector256<float>>();
        else if (Int8Vectors512.IsSupported)
            work.Do<Int8MicroKernel<Int8Vectors512, Vector512<int>>, Simd512, Vector512<float>>();
        else if (Int8Vectors256.IsSupported)
            work.Do<Int8MicroKernel<Int8Vectors256, Vector256<int>>, Simd256, Vector256<float>>();
        else
            work.Do<Int8MicroKernel<Int8Vectors128, Vector128<int>>, Simd128, Vector128<float>>();
    }
}
