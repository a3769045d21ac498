using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

public sealed class AllocationTests
{
    [Fact]
    public void NoKernelAllocatesAfterItsFirstCalls()
    {
        const int Rows = 130, C = 64, N = 96, V = 500;
        using var kernels = new CpuKernels(1);
        using var arena = new Arena(kernels.Memory);
        Tensor F(params int[] sizes) => arena.Zeros(Shape.Of(sizes));
        Tensor I(int count) => arena.Zeros(new Shape(count), DType.Int32);
        Tensor x = F(Rows, C), y = F(Rows, C), z = F(Rows, C), wide = F(Rows, N), wide2 = F(Rows, N), qkv = F(Rows, 3 * C), dqkv = F(Rows, 3 * C);
        Tensor mean = F(Rows), rstd = F(Rows), cols = F(C), dcols = F(C), weight = F(N, C), dweight = F(N, C), bias = F(N), dbias = F(N), lse = F(Rows, 4), one = F(1);
        Tensor vocabulary = F(V, C), dvocabulary = F(V, C), vbias = F(V), ids = I(Rows), losses = F(Rows), offsets = arena.Upload<int>(new Shape(3), [0, 1, Rows]);
        var dropout = new DropoutMask(0.1);
        var calls = new (string Name, Action Call)[]
        {
            ("MatMul", () => kernels.MatMul(wide, x, weight, transposeB: true)),
            ("LinearForward", () => kernels.LinearForward(wide, wide2, x, weight, bias, Activation.Gelu)),
            ("LinearBackward", () => kernels.LinearBackward(y, dweight, dbias, wide, x, weight, wide2, Activation.Gelu)),
            ("AttentionForward", () => kernels.AttentionForward(y, lse, qkv, offsets, Rows, 4, dropout)),
            ("AttentionBackward", () => kernels.AttentionBackward(dqkv, x, y, lse, qkv, offsets, Rows, 4, dropout)),
            ("LayerNormForward", () => kernels.Run(new LayerNormForward
            {
                Y = y, Mean = mean, Rstd = rstd, X = x, Weight = cols, Bias = cols, Eps = 1e-12,
            })),
            ("LayerNormBackward", () => kernels.Run(new LayerNormBackward
            {
                DX = y, DWeight = dcols, DBias = dcols, DY = x, X = x, Mean = mean, Rstd = rstd, Weight = cols,
            })),
            ("ResidualLayerNormForward", () => kernels.Run(new ResidualLayerNormForward
            {
                Y = y, Sum = z, Mean = mean, Rstd = rstd, Residual = x, Branch = z, Weight = cols, Bias = cols, Eps = 1e-12,
                Dropout = dropout,
            })),
            ("ResidualLayerNormBackward", () => kernels.Run(new ResidualLayerNormBackward
            {
                DResidual = y, DBranch = z, DWeight = dcols, DBias = dcols, DY = x, Sum = x, Mean = mean, Rstd = rstd, Weight = cols,
                Dropout = dropout,
            })),
            ("ActivationForward", () => kernels.ActivationForward(y, x, Activation.Gelu)),
            ("ActivationBackward", () => kernels.ActivationBackward(y, x, x, Activation.Gelu)),
            ("DropoutForward", () => kernels.DropoutForward(y, x, dropout)),
            ("DropoutBackward", () => kernels.DropoutBackward(y, x, dropout)),
            ("EmbeddingForward", () => kernels.EmbeddingForward(y, vocabulary, vocabulary, default, ids, ids, default)),
            ("EmbeddingBackward", () => kernels.EmbeddingBackward(dvocabulary, dvocabulary, default, y, ids, ids, default)),
            ("GatherRows", () => kernels.GatherRows(y, vocabulary, ids)),
            ("ScatterAddRows", () => kernels.ScatterAddRows(dvocabulary, y, ids)),
            ("CrossEntropyForward", () => kernels.CrossEntropyForward(losses, y, x, ids, default, 0.1)),
            ("CrossEntropyBackward", () => kernels.CrossEntropyBackward(y, x, ids, 1)),
            ("VocabularyCrossEntropy", () => kernels.VocabularyCrossEntropy(losses, ids, y, dvocabulary, dbias: F0, x, vocabulary, vbias, ids, 1)),
            ("Sum", () => kernels.Sum(one, x)),
            ("SumOfSquares", () => kernels.SumOfSquares(one, x)),
            ("AddScaled", () => kernels.AddScaled(y, x, 0.5)),
            ("AdamW", () => kernels.AdamW(x, y, z, z, one, new AdamWOptions(1e-3, 0.9, 0.999, 1e-8, 0.01, 1, 1))),
        };
        foreach ((string name, Action call) in calls)
        {
            call();
            call();
            long before = GC.GetAllocatedBytesForCurrentThread();
            call();
            Assert.True(GC.GetAllocatedBytesForCurrentThread() == before, $"{name} allocated {GC.GetAllocatedBytesForCurrentThread() - before} bytes");
        }
    }

    private static Tensor F0 => default;
}
