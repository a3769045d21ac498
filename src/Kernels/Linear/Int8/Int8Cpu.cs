using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace BareBert.Kernels;

public sealed unsafe partial class CpuKernels
{
    private readonly ScratchMemory _int8Rows = new();

    internal void Run(in Int8LinearForward call)
    {
        // Codes of x, two to an int, and behind them the rows' scales.
        int rows = call.X.Rows, pairs = call.Weight.Pairs;
        int* codes = (int*)_int8Rows.Floats((nint)rows * (pairs + 1));
        float* scales = (float*)codes + (nint)rows * pairs;
        ForRange(rows, 1, 2L * call.X.Cols, new Int8RowsKernel(call.X.Floats(), call.X.Cols, codes, pairs, scales));
        ActivationChoice.Do(call.Activation, new Int8LinearWork(_team, call, codes, scales));
    }

    partial void DisposeInt8Linear() => _int8Rows.Dispose();

    private readonly struct Int8RowsKernel(float* x, int k, int* codes, int pairs, float* scales) : IRangeKernel
    {
        private readonly float* _x = x, _scales = scales;
        private readonly int* _codes = codes;
        private readonly int _k = k, _pairs = pairs;

        public void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            for (nint row = first; row < end; row++)
            {
                var into = new Span<short>(_codes + row * _pairs, 2 * _pairs);
                into[^1] = 0; // where K is odd
                _scales[row] = Int8.Quantize(new ReadOnlySpan<float>(_x + row * _k, _k), Int8.LargestInput(_k), into);
            }
        }
    }

    private readonly struct Int8LinearWork(ThreadTeam team, Int8LinearForward call, int* codes, float* scales) : IActivationWork
    {
        public void Do<TActivation>() where TActivation : struct, IDifferentiableActivation
        {
            if (Int8VnniMicroKernel.IsSupported)
                Do<Int8VnniMicroKernel, Simd512, Vector512<float>, TActivation>();
            else if (Int8Vectors512.IsSupported)
                Do<Int8MicroKernel<Int8Vectors512, Vector512<int>>, Simd512, Vector512<float>, TActivation>();
            else if (Int8Vectors256.IsSupported)
                Do<Int8MicroKernel<Int8Vectors256, Vector256<int>>, Simd256, Vector256<float>, TActivation>();
            else
                Do<Int8MicroKernel<Int8Vectors128, Vector128<int>>, Simd128, Vector128<float>, TActivation>();
        }

        private void Do<TMicroKernel, TSimd, V, TActivation>()
            where TMicroKernel : IInt8MicroKernel where TSimd : ISimd<V> where V : struct where TActivation : struct, IActivation
        {
            fixed (float* weightScales = call.Weight.Scales)
            {
                var job = new Int8LinearJob<TMicroKernel, TSimd, V, TActivation>
                {
                    Codes = codes, RowScales = scales, ColumnScales = weightScales, Weight = call.Weight, Bias = OptionalFloats(call.Bias), Y = call.Y.Floats(), Rows = call.X.Rows,
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

    public int* Codes;
    public float* RowScales, ColumnScales, Bias, Y;
    public Int8Weight Weight;
    public int Rows;

    public readonly int Tiles => (int)(GemmPlan.Ceiling(Rows, RowsAtATime) * Across);

    private static int RowsAtATime => MostRowsAtATime / TMicroKernel.Rows * TMicroKernel.Rows;

    private readonly nint Across => GemmPlan.Ceiling(Weight.Panels, PanelsAtATime);

    public readonly void Invoke(int tile, int worker)
    {
        nint firstRow = tile / Across * RowsAtATime, endRow = Math.Min(Rows, firstRow + RowsAtATime);
        nint firstColumn = tile % Across * PanelsAtATime * Int8Weight.PanelColumns, endColumn = Math.Min(Weight.N, firstColumn + PanelsAtATime * Int8Weight.PanelColumns);
        float* sums = stackalloc float[2 * TMicroKernel.Rows * TMicroKernel.Columns];
        for (nint column = firstColumn; column < endColumn; column += 2 * TMicroKernel.Columns)
        {
            sbyte* b = Weight.Panel((int)(column / Int8Weight.PanelColumns)) + column % Int8Weight.PanelColumns * 2;
            for (nint row = firstRow; row < endRow; row += TMicroKernel.Rows)
            {
                nint rows = Math.Min(TMicroKernel.Rows, endRow - row);
                TMicroKernel.Run(rows, Weight.Pairs, Codes + row * Weight.Pairs, Weight.Pairs, b, sums);
                for (nint j = 0, end = Math.Min(2 * TMicroKernel.Columns, endColumn - column); j < end; j += TSimd.Width)
                    Finish(sums + j, row, rows, column + j, (int)Math.Min(TSimd.Width, end - j));
            }
        }
    }

    // y = f(sums·the row's scale·the column's scale + bias) of a vector of columns, each step rounded: no processor's fused instruction may differ.
    [MethodImpl(Jit.Alone)]
    private readonly void Finish(float* sums, nint firstRow, nint rows, nint column, int columns)
    {
        V columnScale = TSimd.Load(ColumnScales + column), bias = Bias == null ? TSimd.Zero : Lanes.Load<TSimd, V>(Bias + column, columns);
        float* y = Y + firstRow * Weight.N + column, rowScale = RowScales + firstRow;
        for (nint row = 0; row < rows; row++, sums += 2 * TMicroKernel.Columns, y += Weight.N)
        {
            V value = TSimd.Multiply(TSimd.Multiply(TSimd.Load(sums), TSimd.Broadcast(rowScale[row])), columnScale);
            Lanes.Store<TSimd, V>(y, TActivation.Apply<TSimd, V>(TSimd.Add(value, bias)), columns);
        }
    }
}
