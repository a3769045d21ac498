using System.Runtime.Intrinsics;
using BareBert.Kernels;
using BenchmarkDotNet.Attributes;

namespace BareBert.Bench;

/// <summary>
/// From the definition to the processor's limit, one idea a rung. Rungs 6 and 7 are the engine that BareBert trains
/// with, on one thread and on all. src/Kernels/MatMul/README.md walks through it.
/// </summary>
public class MatMulLadder : MatMulSuite
{
    public static IEnumerable<MatMulSize> Sizes => [new(256, 256, 256), new(512, 512, 512), new(1024, 1024, 1024), new(4096, 256, 256)];

    [ParamsSource(nameof(Sizes))]
    public override required MatMulSize Size { get; set; }

    [Benchmark(Description = "1 naive", Baseline = true)]
    public void Naive() => Run<MatMul1Naive>();

    [Benchmark(Description = "2 loop order")]
    public void LoopOrder() => Run<MatMul2LoopOrder>();

    [Benchmark(Description = "3 cache tiles")]
    public void CacheTiles() => Run<MatMul3CacheTiles>();

    [Benchmark(Description = "4 SIMD")]
    public void Simd()
    {
        switch (VectorWidth.Floats)
        {
            case 16: Run<MatMul4Simd<Simd512, Vector512<float>>>(); break;
            case 8: Run<MatMul4Simd<Simd256, Vector256<float>>>(); break;
            default: Run<MatMul4Simd<Simd128, Vector128<float>>>(); break;
        }
    }

    [Benchmark(Description = "5 register micro-kernel")]
    public void RegisterKernel()
    {
        switch (VectorWidth.Floats)
        {
            case 16: Run<MatMul5RegisterKernel<Simd512, Vector512<float>>>(); break;
            case 8: Run<MatMul5RegisterKernel<Simd256, Vector256<float>>>(); break;
            default: Run<MatMul5RegisterKernel<Simd128, Vector128<float>>>(); break;
        }
    }
}

/// <summary>The sizes that training BERT multiplies, tokens by weights, and large squares: what is fast, against other libraries.</summary>
public class MatMulShapes : MatMulSuite
{
    public static IEnumerable<MatMulSize> Sizes =>
    [
        new(2048, 2048, 2048), new(4096, 768, 256), new(4096, 256, 768), new(4096, 1024, 256), new(4096, 256, 1024),
        new(1024, 768, 768), new(1024, 3072, 768), new(1024, 768, 3072), new(256, 256, 4096), new(614, 30522, 256), new(614, 256, 30522),
    ];

    [ParamsSource(nameof(Sizes))]
    public override required MatMulSize Size { get; set; }
}
