using System.Runtime.Intrinsics;

namespace BareBert.Kernels;

/// <summary>
/// The weight of a linear layer in the order in which the processor's multiply reads it. It is packed when small batches come a second
/// time, once for all threads and devices of the process: who runs one sentence and ends reads the weight where it lies.
/// </summary>
/// <param name="values">[N, K], unchanged from now on, and there as long as this is.</param>
public sealed unsafe class PackedWeight(Tensor values) : IDisposable
{
    private readonly Lock _packing = new();
    private PackedMemory? _panels;
    private int _calls;

    /// <summary>[N, K], as it was.</summary>
    public Tensor Values { get; } = values;

    /// <summary>Forgets what was packed: the values have changed. Nothing may be running.</summary>
    public void Repack()
    {
        _panels?.Dispose();
        (_panels, _calls) = (null, 0);
    }

    /// <summary>Gives the packed copy's memory back.</summary>
    public void Dispose() => Repack();

    /// <summary>The panels, for the widest vectors of the processor; null as long as they are not worth making.</summary>
    internal float* Panels
    {
        get
        {
            PackedMemory? known = Volatile.Read(ref _panels);
            return known is not null ? known.Floats : Interlocked.Increment(ref _calls) < 2 ? null : Pack();
        }
    }

    private float* Pack()
    {
        using Lock.Scope turn = _packing.EnterScope();
        if (_panels is null)
        {
            PackedMemory panels = VectorWidth.Is512 ? Pack<Simd512, Vector512<float>>()
                : VectorWidth.Is256 ? Pack<Simd256, Vector256<float>>() : Pack<Simd128, Vector128<float>>();
            Volatile.Write(ref _panels, panels);
        }
        return _panels.Floats;
    }

    private PackedMemory Pack<TSimd, V>() where TSimd : ISimd<V> where V : struct
    {
        var plan = new PackedPlan(Values.Rows, Values.Cols, Tile<TSimd, V>.Columns);
        var panels = new PackedMemory(plan.Panels * plan.PanelFloats);
        for (nint panel = 0; panel < plan.Panels; panel++)
        {
            for (nint block = 0; block < plan.DepthBlocks; block++)
            {
                float* source = Values.Floats() + panel * plan.Columns * plan.K + block * plan.Depth;
                Packing<TSimd, V>.PanelsTransposed(source, plan.K, Math.Min(plan.Columns, plan.N - panel * plan.Columns), plan.DepthOf(block), panels.Floats + plan.At(panel, block), 0);
            }
        }
        return panels;
    }
}
