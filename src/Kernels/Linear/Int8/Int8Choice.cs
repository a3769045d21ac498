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

/// <summary>The microkernels of this processor.</summary>
internal static class Int8Choice
{
    /// <summary>The instruction that multiplies codes of 8 bits.</summary>
    public static string Instruction => HasVnni ? "vpdpbusd" : LayoutFor(hasFineInput: false).IsNarrow ? "vpmaddubsw"
        : Sse2.IsSupported ? "vpmaddwd" : AdvSimd.Arm64.IsSupported ? "smull" : "multiply";

    private static bool HasVnni => Int8VnniMicroKernel.IsSupported || Int8VectorsVnni256.IsSupported;

    /// <summary>How a weight should lie: its codes are as wide as 8 bits allow, unless narrow ones are faster.</summary>
    public static Int8Layout LayoutFor(bool hasFineInput) => HasVnni ? Int8Layout.Bytes
        : Int8NarrowMicroKernel.IsSupported && !Int8Vectors512.IsSupported && !hasFineInput ? Int8Layout.NarrowBytes : Int8Layout.Pairs;

    /// <summary>Does work with the microkernel for a weight.</summary>
    public static void Do<TWork>(Int8Layout layout, TWork work) where TWork : IInt8Work
    {
        if (layout.IsNarrow)
            work.Do<Int8NarrowMicroKernel, Simd256, Vector256<float>>();
        else if (Int8VnniMicroKernel.IsSupported)
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
