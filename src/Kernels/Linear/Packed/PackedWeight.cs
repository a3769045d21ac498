using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace BareBert.Kernels;

/// <summary>
/// The weight of a linear layer in the order in which the processor's multiply reads it. It is packed when small batches come a second
/// time, once for all threads and devices of the process: who runs one sentence and ends reads the weight where it lies.
/// </summary>
/// <param name="values">[N, K], unchanged from now on, and there as long as this is.</param>
public sealed unsafe class PackedWeight(Tensor values) : IDisposable
{
    private const int Alignment = 64;

    private readonly Lock _packing = new();
    private nint _panels;
    private int _calls;

    /// <summary>[N, K], as it was.</summary>
    public Tensor Values { get; } = values;

    /// <summary>Forgets what was packed: the values have changed. Nothing may be running.</summary>
    public void Repack()
    {
        NativeMemory.AlignedFree((void*)_panels);
        (_panels, _calls) = (0, 0);
    }

    /// <summary>Gives the packed copy's memory back.</summary>
    public void Dispose() => Repack();

    /// <summary>The panels, for the widest vectors of the processor; null as long as they are not worth making.</summary>
    internal float* Panels
    {
        get
        {
            nint known = Volatile.Read(ref _panels);
            return known != 0 ? (float*)known : Interlocked.Increment(ref _calls) < 2 ? null : Pack();
        }
    }

    private float* Pack()
    {
        using Lock.Scope turn = _packing.EnterScope();
        if (_panels == 0)
        {
            float* panels = Vector512.IsHardwareAccelerated ? Pack<Simd512, Vector512<float>>()
                : Vector256.IsHardwareAccelerated ? Pack<Simd256, Vector256<float>>() : Pack<Simd128, Vector128<float>>();
            Volatile.Write(ref _panels, (nint)panels);
        }
        return (float*)_panels;
    }

    private float* Pack<TSimd, V>() where TSimd : ISimd<V> where V : struct
    {
        var plan = new PackedPlan(Values.Rows, Values.Cols, Tile<TSimd, V>.Columns);
        var panels = (float*)NativeMemory.AlignedAlloc((nuint)(plan.Panels * plan.PanelFloats * sizeof(float)), Alignment);
        for (nint panel = 0; panel < plan.Panels; panel++)
        {
            for (nint block = 0; block < plan.DepthBlocks; block++)
            {
                float* source = Values.Floats() + panel * plan.Columns * plan.K + block * plan.Depth;
                Packing<TSimd, V>.PanelsTransposed(source, plan.K, Math.Min(plan.Columns, plan.N - panel * plan.Columns), plan.DepthOf(block), panels + plan.At(panel, block), 0);
            }
        }
        return panels;
    }
}

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
