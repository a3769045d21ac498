using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

/// <summary>Computes y: a tile of work is some panels of the weight, which are read once for a group of rows.</summary>
internal unsafe struct PackedLinearJob<TSimd, V, TActivation> : ITileJob where TSimd : ISimd<V> where V : struct where TActivation : struct, IActivation
{
    public PackedPlan Plan;
    public PackedRows Rows;
    public PackedInput[] Inputs;
    public float* X, Panels, Y;
    public BiasActivationEpilogue<TActivation> Epilogue;
    public bool Changes;

    public readonly void Invoke(int tile, int worker)
    {
        nint group = tile / Rows.Across, part = tile % Rows.Across, first = group * Rows.Group, end = Math.Min(Rows.Count, first + Rows.Group);
        float* a = Pack(group, first, end, Inputs[worker]);
        for (nint panel = Plan.Panels * part / Rows.Across; panel < Plan.Panels * (part + 1) / Rows.Across; panel++)
        {
            for (nint block = 0; block < Plan.DepthBlocks; block++)
                Multiply(panel, block, first, end, a + block * BlockFloats);
        }
    }

    private readonly nint BlockFloats => Rows.TilesOf(Rows.Group).Count * Packing<TSimd, V>.PanelFloats;

    // A thread packs its group of rows once, for all the panels that it takes.
    private readonly float* Pack(nint group, nint first, nint end, PackedInput input)
    {
        float* a = input.Memory.Floats(Plan.DepthBlocks * BlockFloats);
        if (input.Group == group)
            return a;
        TileRows tiles = Rows.TilesOf(end - first);
        for (nint block = 0; block < Plan.DepthBlocks; block++)
            Packing<TSimd, V>.Rows(X + first * Plan.K + block * Plan.Depth, Plan.K, tiles, 0, tiles.Count, Plan.DepthOf(block), a + block * BlockFloats);
        input.Group = group;
        return a;
    }

    [SkipLocalsInit]
    private readonly void Multiply(nint panel, nint block, nint first, nint end, float* a)
    {
        float* tile = stackalloc float[Tile<TSimd, V>.Rows * Tile<TSimd, V>.Columns];
        nint column = panel * Plan.Columns, columns = Math.Min(Plan.Columns, Plan.N - column), depth = Plan.DepthOf(block);
        float* b = Panels + Plan.At(panel, block), y = Y + first * Plan.N + column;
        bool finishes = Changes && block == Plan.DepthBlocks - 1;
        TileRows tiles = Rows.TilesOf(end - first);
        nint row = first, rows;
        for (nint t = 0; t < tiles.Count; t++, row += rows, a += Packing<TSimd, V>.PanelFloats, y += rows * Plan.N)
        {
            rows = tiles.Of(t);
            if (columns == Plan.Columns && !finishes)
            {
                MicroKernel.Run<TSimd, V, RowPanelBesideFarB>(rows, depth, a, b, Plan.Columns, y, Plan.N, block > 0, y, Plan.N);
                continue;
            }
            MicroKernel.Run<TSimd, V, RowPanelBesideFarB>(rows, depth, a, b, Plan.Columns, tile, Plan.Columns, false, y, Plan.N);
            Store(tile, y, row, rows, column, columns, block > 0, finishes);
        }
    }

    [MethodImpl(Jit.Alone)]
    private readonly void Store(float* tile, float* y, nint row, nint rows, nint column, nint columns, bool accumulates, bool finishes)
    {
        for (nint r = 0; r < rows; r++, tile += Plan.Columns, y += Plan.N)
        {
            for (nint j = 0; j < columns; j += TSimd.Width)
            {
                int count = (int)Math.Min(TSimd.Width, columns - j);
                V value = TSimd.Load(tile + j);
                if (accumulates)
                    value = TSimd.Add(Lanes.Load<TSimd, V>(y + j, count), value);
                if (finishes)
                    value = Epilogue.Apply<TSimd, V>(value, row + r, column + j, count);
                Lanes.Store<TSimd, V>(y + j, value, count);
            }
        }
    }
}

/// <summary>Rows of x as one thread of a team has packed them, all of k.</summary>
internal sealed class PackedInput : IDisposable
{
    public ScratchMemory Memory { get; } = new();

    /// <summary>Which rows of this call's x are there; −1 for none.</summary>
    public nint Group { get; set; } = -1;

    public void Dispose() => Memory.Dispose();
}
