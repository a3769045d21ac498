using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace BareBert.Kernels;

public sealed unsafe partial class CpuKernels
{
    // Beyond so many rows packing costs next to nothing, and the engine's plan for large multiplies is better.
    private const int FewRows = 128;

    internal void Run(in PackedLinearForward call)
    {
        float* panels = call.X.Rows <= FewRows ? call.Weight.Panels : null;
        if (panels == null)
            ((IKernel<LinearForward>)this).Run(call.Plain);
        else
            ActivationChoice.Do(call.Activation, new PackedLinearWork(_team, call, panels));
    }

    private readonly struct PackedLinearWork(ThreadTeam team, PackedLinearForward call, float* panels) : IActivationWork
    {
        public void Do<TActivation>() where TActivation : struct, IDifferentiableActivation
        {
            if (Vector512.IsHardwareAccelerated)
                Do<Simd512, Vector512<float>, TActivation>();
            else if (Vector256.IsHardwareAccelerated)
                Do<Simd256, Vector256<float>, TActivation>();
            else
                Do<Simd128, Vector128<float>, TActivation>();
        }

        private void Do<TSimd, V, TActivation>() where TSimd : ISimd<V> where V : struct where TActivation : struct, IActivation
        {
            var plan = new PackedPlan(call.Weight.Values.Rows, call.X.Cols, Tile<TSimd, V>.Columns);
            var job = new PackedLinearJob<TSimd, V, TActivation>
            {
                Plan = plan, Rows = call.X.Rows, X = call.X.Floats(), Panels = panels, Y = call.Y.Floats(),
                Epilogue = new BiasActivationEpilogue<TActivation>(OptionalFloats(call.Bias), null, plan.N), Changes = !call.Bias.IsNone || call.Activation != Activation.None,
            };
            team.RunTiles((int)GemmPlan.Ceiling(plan.Panels, PackedLinearJob<TSimd, V, TActivation>.PanelsAtATime), job);
        }
    }
}

/// <summary>Computes y for few rows: a tile of work is a few panels of the weight, which are read once, for all rows.</summary>
internal unsafe struct PackedLinearJob<TSimd, V, TActivation> : ITileJob where TSimd : ISimd<V> where V : struct where TActivation : struct, IActivation
{
    /// <summary>Panels that share a packed piece of x.</summary>
    public const int PanelsAtATime = 2;

    public PackedPlan Plan;
    public nint Rows;
    public float* X, Panels, Y;
    public BiasActivationEpilogue<TActivation> Epilogue;
    public bool Changes;

    [SkipLocalsInit]
    public readonly void Invoke(int tile, int worker)
    {
        float* a = stackalloc float[(int)Packing<TSimd, V>.PanelFloats], c = stackalloc float[Tile<TSimd, V>.Rows * Tile<TSimd, V>.Columns];
        nint first = (nint)tile * PanelsAtATime, end = Math.Min(Plan.Panels, first + PanelsAtATime);
        for (nint block = 0; block < Plan.DepthBlocks; block++)
        {
            for (nint row = 0; row < Rows; row += Tile<TSimd, V>.Rows)
            {
                nint rows = Math.Min(Tile<TSimd, V>.Rows, Rows - row);
                Packing<TSimd, V>.Rows(X + row * Plan.K + block * Plan.Depth, Plan.K, rows, rows, Plan.DepthOf(block), a);
                for (nint panel = first; panel < end; panel++)
                    Multiply(panel, block, row, rows, a, c);
            }
        }
    }

    private readonly void Multiply(nint panel, nint block, nint row, nint rows, float* a, float* tile)
    {
        nint column = panel * Plan.Columns, columns = Math.Min(Plan.Columns, Plan.N - column);
        float* b = Panels + Plan.At(panel, block), c = Y + row * Plan.N + column;
        bool finishes = Changes && block == Plan.DepthBlocks - 1;
        if (columns == Plan.Columns && !finishes)
        {
            MicroKernel.Run<TSimd, V, RowPanel>(rows, Plan.DepthOf(block), a, b, Plan.Columns, c, Plan.N, block > 0);
            return;
        }
        MicroKernel.Run<TSimd, V, RowPanel>(rows, Plan.DepthOf(block), a, b, Plan.Columns, tile, Plan.Columns, false);
        Store(tile, c, row, rows, column, columns, block > 0, finishes);
    }

    [MethodImpl(Jit.Alone)]
    private readonly void Store(float* tile, float* c, nint row, nint rows, nint column, nint columns, bool accumulates, bool finishes)
    {
        for (nint r = 0; r < rows; r++, tile += Plan.Columns, c += Plan.N)
        {
            for (nint j = 0; j < columns; j += TSimd.Width)
            {
                int count = (int)Math.Min(TSimd.Width, columns - j);
                V value = TSimd.Load(tile + j);
                if (accumulates)
                    value = TSimd.Add(Lanes.Load<TSimd, V>(c + j, count), value);
                if (finishes)
                    value = Epilogue.Apply<TSimd, V>(value, row + r, column + j, count);
                Lanes.Store<TSimd, V>(c + j, value, count);
            }
        }
    }
}
