using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

public sealed partial class GpuKernels
{
    private const int MaxPartials = 1024;
    private const int ElementsPerPartial = 16 * ReductionKernels.Threads;

    void IKernel<Sum>.Run(in Sum call) => Reduction<SumTerm>(call.Total, call.X, call.Scale);

    void IKernel<SumOfSquares>.Run(in SumOfSquares call) => Reduction<SquareTerm>(call.Total, call.X, 1);

    void IKernel<AddScaled>.Run(in AddScaled call)
    {
        long n = call.X.Count;
        LaunchQuads(AreAligned(n, call.Y, call.X) ? ReductionKernels.AddScaled<AlignedRows> : ReductionKernels.AddScaled<AnyRows>, n,
            Floats(call.Y), Floats(call.X), (float)call.Scale, checked((int)n));
    }

    // Two stages. How many partial sums there are depends on the size alone, so the order of additions does too.
    private void Reduction<TTerm>(Tensor total, Tensor x, double scale) where TTerm : ITerm
    {
        Delegate partialsKernel = AreAligned(x.Count, x) ? ReductionKernels.Partials<TTerm, AlignedRows> : ReductionKernels.Partials<TTerm, AnyRows>;
        int n = checked((int)x.Count), partials = Math.Clamp(Divide(n, ElementsPerPartial), 1, MaxPartials);
        _scratch.Begin(GpuScratch.FloatBytes(2 * partials));
        ArrayView<double> sums = _scratch.Take(2 * partials).Cast<double>();
        Launch(partialsKernel, partials, sums, Floats(x), n);
        Launch(ReductionKernels.Total, 1, Floats(total), sums, partials, scale);
    }
}

/// <summary>What is summed.</summary>
internal interface ITerm
{
    static abstract double Of(double x);
}

internal readonly struct SumTerm : ITerm
{
    public static double Of(double x) => x;
}

internal readonly struct SquareTerm : ITerm
{
    public static double Of(double x) => x * x;
}

internal static class ReductionKernels
{
    /// <summary>Of a group.</summary>
    public const int Threads = 256;

    /// <summary>sums[group] ← Σ of every GridDim-th run of 4·GroupDim elements, in double precision.</summary>
    /// <param name="sums">[groups].</param>
    /// <param name="x">[n].</param>
    [GpuKernel(GroupSize = Threads)]
    public static void Partials<TTerm, TAccess>(ArrayView<double> sums, ArrayView<float> x, int n) where TTerm : ITerm where TAccess : IRowAccess
    {
        double sum = 0;
        int quads = Quad.CountOf(n);
        for (int quad = Grid.IdxX * Group.DimX + Group.IdxX; quad < quads; quad += Grid.DimX * Group.DimX)
        {
            Float4 four = TAccess.Load4(x, 4 * quad, n - 4 * quad);
            sum += TTerm.Of(four.X) + TTerm.Of(four.Y) + (TTerm.Of(four.Z) + TTerm.Of(four.W));
        }
        sum = Reduce.GroupSum(sum);
        if (Group.IdxX == 0)
            sums[Grid.IdxX] = sum;
    }

    /// <summary>total += scale·Σ sums, by one group.</summary>
    /// <param name="total">[1].</param>
    /// <param name="sums">[n].</param>
    [GpuKernel(GroupSize = Threads)]
    public static void Total(ArrayView<float> total, ArrayView<double> sums, int n, double scale)
    {
        double sum = 0;
        for (int i = Group.IdxX; i < n; i += Group.DimX)
            sum += sums[i];
        sum = Reduce.GroupSum(sum);
        if (Group.IdxX == 0)
            total[0] = (float)(total[0] + scale * sum);
    }

    /// <summary>y += scale·x, a thread four elements. y and x: [n].</summary>
    [GpuKernel]
    public static void AddScaled<TAccess>(ArrayView<float> y, ArrayView<float> x, float scale, int n) where TAccess : IRowAccess
    {
        int quad = Grid.IdxX * Group.DimX + Group.IdxX, i = 4 * quad;
        if (quad < Quad.CountOf(n))
            TAccess.Store4(y, i, n - i, Quad.Add(TAccess.Load4(y, i, n - i), Quad.Scale(TAccess.Load4(x, i, n - i), scale)));
    }
}
