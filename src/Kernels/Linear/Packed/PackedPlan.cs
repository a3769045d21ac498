namespace BareBert.Kernels;

/// <summary>How a packed weight is cut: into panels of columns of y, each of them along k into the blocks in which <see cref="Gemm"/> adds.</summary>
internal readonly struct PackedPlan
{
    public PackedPlan(nint n, nint k, int columns)
    {
        (N, K, Columns, Panels) = (n, k, columns, GemmPlan.Ceiling(n, columns));
        GemmPlan like = GemmPlan.Make(1, n, k, rows: 1, columns, stripTiles: 1, threads: 1, CacheSizes.OfThisMachine);
        (Depth, DepthBlocks) = (like.Depth, like.DepthBlocks);
    }

    public nint N { get; }

    public nint K { get; }

    /// <summary>Columns of a panel.</summary>
    public int Columns { get; }

    public nint Panels { get; }

    public nint Depth { get; }

    public nint DepthBlocks { get; }

    public nint PanelFloats => K * Columns;

    public nint DepthOf(nint block) => Math.Min(Depth, K - block * Depth);

    public nint At(nint panel, nint block) => (panel * K + block * Depth) * Columns;
}
