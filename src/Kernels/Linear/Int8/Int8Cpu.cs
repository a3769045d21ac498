using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

public sealed unsafe partial class CpuKernels
{
    private readonly ScratchMemory _int8Rows = new();

    internal void Run(in Int8LinearForward call)
    {
        int rows = call.X.Rows;
        var x = new Int8Rows(call.Weight);
        x = x.In((int*)_int8Rows.Floats(x.IntsOf(rows)), rows);
        ForRange(rows, 1, 2L * call.X.Cols, new Int8RowsKernel(call.X.Floats(), call.X.Cols, x));
        ActivationChoice.Do(call.Activation, new Int8LinearWork(_team, call, x));
    }

    partial void DisposeInt8Linear() => _int8Rows.Dispose();

    private readonly struct Int8RowsKernel(float* values, int k, Int8Rows x) : IRangeKernel
    {
        private readonly float* _values = values;
        private readonly Int8Rows _x = x;
        private readonly int _k = k;

        public void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            for (nint row = first; row < end; row++)
                _x.Quantize(row, new ReadOnlySpan<float>(_values + row * _k, _k));
        }
    }

    private readonly struct Int8LinearWork(ThreadTeam team, Int8LinearForward call, Int8Rows x) : IActivationWork
    {
        public void Do<TActivation>() where TActivation : struct, IDifferentiableActivation => Int8Choice.Do(call.Weight.Layout, new Int8LinearWork<TActivation>(team, call, x));
    }

    private readonly struct Int8LinearWork<TActivation>(ThreadTeam team, Int8LinearForward call, Int8Rows x) : IInt8Work where TActivation : struct, IActivation
    {
        public void Do<TMicroKernel, TSimd, V>() where TMicroKernel : IInt8MicroKernel where TSimd : ISimd<V> where V : struct
        {
            fixed (float* scales = call.Weight.Scales)
            fixed (int* minusSums = call.Weight.MinusSums)
            {
                var job = new Int8LinearJob<TMicroKernel, TSimd, V, TActivation>
                {
                    X = x, Weight = call.Weight, ColumnScales = scales, MinusColumnSums = minusSums, Bias = OptionalFloats(call.Bias), Y = call.Y.Floats(), Rows = call.X.Rows,
                };
                team.RunTiles(job.Tiles, job);
            }
        }
    }
}

/// <summary>Computes y: a tile of work is some rows by some panels of the weight.</summary>
internal unsafe struct Int8LinearJob<TMicroKernel, TSimd, V, TActivation> : ITileJob
    where TMicroKernel : IInt8MicroKernel where TSimd : ISimd<V> where V : struct where TActivation : struct, IActivation
{
    // Rows whose codes stay in level 2 while panels of the weight pass by.
    private const int MostRowsAtATime = 100, PanelsAtATime = 2;

    public Int8Rows X;
    public Int8Weight Weight;
    public float* ColumnScales, Bias, Y;
    public int* MinusColumnSums;
    public int Rows;

    public readonly int Tiles => (int)(GemmPlan.Ceiling(Rows, RowsAtATime) * Across);

    private static int RowsAtATime => MostRowsAtATime / TMicroKernel.Rows * TMicroKernel.Rows;

    private readonly nint Across => GemmPlan.Ceiling(Weight.Panels, PanelsAtATime);

    public readonly void Invoke(int tile, int worker)
    {
        nint firstRow = tile / Across * RowsAtATime, endRow = Math.Min(Rows, firstRow + RowsAtATime);
        nint firstColumn = tile % Across * PanelsAtATime * Int8Weight.PanelColumns, endColumn = Math.Min(Weight.N, firstColumn + PanelsAtATime * Int8Weight.PanelColumns);
        float* sums = stackalloc float[2 * TMicroKernel.Rows * TMicroKernel.Columns];
        var of = new Int8Tile { Groups = X.Groups, Stride = X.Stride, Sums = sums };
        for (nint column = firstColumn; column < endColumn; column += 2 * TMicroKernel.Columns)
        {
            of.Weight = Weight.Panel((int)(column / Int8Weight.PanelColumns)) + column % Int8Weight.PanelColumns * TMicroKernel.Layout.Group;
            of.MinusColumnSums = MinusColumnSums + column;
            for (nint row = firstRow; row < endRow; row += TMicroKernel.Rows)
            {
                of.Rows = Math.Min(TMicroKernel.Rows, endRow - row);
                of.X = X.Codes + row * X.Stride;
                of.Zeros = X.Zeros + row;
                TMicroKernel.Run(of);
                for (nint j = 0, end = Math.Min(2 * TMicroKernel.Columns, endColumn - column); j < end; j += TSimd.Width)
                    Finish(sums + j, row, of.Rows, column + j, (int)Math.Min(TSimd.Width, end - j));
            }
        }
    }

    // y = f(sums·the row's scale·the column's scale + bias) of a vector of columns, each step rounded: no processor's fused instruction may differ.
    [MethodImpl(Jit.Alone)]
    private readonly void Finish(float* sums, nint firstRow, nint rows, nint column, int columns)
    {
        V columnScale = TSimd.Load(ColumnScales + column), bias = Bias == null ? TSimd.Zero : Lanes.Load<TSimd, V>(Bias + column, columns);
        float* y = Y + firstRow * Weight.N + column, rowScale = X.Scales + firstRow;
        for (nint row = 0; row < rows; row++, sums += 2 * TMicroKernel.Columns, y += Weight.N)
        {
            V value = TSimd.Multiply(TSimd.Multiply(TSimd.Load(sums), TSimd.Broadcast(rowScale[row])), columnScale);
            Lanes.Store<TSimd, V>(y, TActivation.Apply<TSimd, V>(TSimd.Add(value, bias)), columns);
        }
    }
}
