using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

/// <summary>
/// A multiply whose k is cut into parts, each made by groups of its own, which fill the device where c alone has too few tiles: the gradient of a
/// weight is small, and its k all tokens. The grid's z, which otherwise counts a batch's matrices, counts parts.
/// </summary>
internal static class MatMulPart
{
    /// <summary>The totalK of a multiply that is not cut.</summary>
    public const long Whole = long.MaxValue;

    /// <summary>Parts start at multiples of this: rows stay aligned, tiles whole.</summary>
    public const int Multiple = 32;

    /// <summary>The group's k: the last part may be shorter.</summary>
    public static int Of(int k, long totalK) => (int)Math.Min(k, totalK - (long)Grid.IdxZ * k);
}

internal static class MatMulPartKernels
{
    /// <summary>c ← Σ partials, added to c where accumulate is not 0, in the order of the parts; a thread four elements of a row.</summary>
    /// <param name="c">[m, n], a row every ldc elements.</param>
    /// <param name="partials">[parts, m, ld], ld a multiple of 4.</param>
    [GpuKernel]
    public static void Sum<TAccess>(ArrayView<float> c, ArrayView<float> partials, int parts, int m, int n, int ldc, int ld, int accumulate)
        where TAccess : IRowAccess
    {
        int thread = Grid.IdxX * Group.DimX + Group.IdxX, row = thread / (ld / 4), quad = thread % (ld / 4), rest = n - 4 * quad;
        if (row >= m)
            return;
        ArrayView<Float4> from = partials.AsFloat4();
        Float4 sum = from[thread];
        for (int next = thread + m * (ld / 4); next < parts * m * (ld / 4); next += m * (ld / 4))
            sum = Quad.Add(sum, from[next]);
        int at = row * ldc + 4 * quad;
        TAccess.Store4(c, at, rest, accumulate != 0 ? Quad.Add(TAccess.Load4(c, at, rest), sum) : sum);
    }
}
