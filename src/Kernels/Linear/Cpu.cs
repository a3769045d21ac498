using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

public sealed unsafe partial class CpuKernels
{
    // Rows whose column sums are taken alone; the blocks' sums are added in order, whoever computed them.
    private const int ColumnSumRows = 64;

    /// <inheritdoc/>
    public void LinearForward(
        Tensor y, Tensor preActivation, Tensor x, Tensor weight, Tensor bias, Activation activation = Activation.None)
    {
        (int rows, int n, int k) = LinearShape.OfForward(y, preActivation, x, weight, bias);
        GemmCall call = Call(rows, n, k, x.Floats(), false, weight.Floats(), true, y.Floats(), false);
        float* b = OptionalFloats(bias), u = OptionalFloats(preActivation);
        switch (activation)
        {
            case Activation.None when b == null && u == null: Gemm.Run(call); break;
            case Activation.None when u == null: Gemm.Run(call, new BiasEpilogue(b)); break;
            case Activation.None: Gemm.Run(call, new BiasActivationEpilogue<NoActivation>(b, u, n)); break;
            case Activation.Gelu: Gemm.Run(call, new BiasActivationEpilogue<GeluActivation>(b, u, n)); break;
            case Activation.GeluTanh: Gemm.Run(call, new BiasActivationEpilogue<GeluTanhActivation>(b, u, n)); break;
            case Activation.Tanh: Gemm.Run(call, new BiasActivationEpilogue<TanhActivation>(b, u, n)); break;
            case Activation.Relu: Gemm.Run(call, new BiasActivationEpilogue<ReluActivation>(b, u, n)); break;
            default: throw new ArgumentOutOfRangeException(nameof(activation));
        }
    }

    /// <inheritdoc/>
    public void LinearBackward(
        Tensor dx, Tensor dweight, Tensor dbias, Tensor dy, Tensor x, Tensor weight,
        Tensor preActivation = default, Activation activation = Activation.None)
    {
        (int rows, int n, int k) = LinearShape.OfBackward(dx, dweight, dbias, dy, x, weight, preActivation, activation);
        switch (activation)
        {
            case Activation.None when !dbias.IsNone: OutputGradient<NoActivation>(dbias, dy, default); break;
            case Activation.None: break;
            case Activation.Gelu: OutputGradient<GeluActivation>(dbias, dy, preActivation); break;
            case Activation.GeluTanh: OutputGradient<GeluTanhActivation>(dbias, dy, preActivation); break;
            case Activation.Tanh: OutputGradient<TanhActivation>(dbias, dy, preActivation); break;
            case Activation.Relu: OutputGradient<ReluActivation>(dbias, dy, preActivation); break;
            default: throw new ArgumentOutOfRangeException(nameof(activation));
        }
        if (!dx.IsNone)
            Gemm.Run(Call(rows, k, n, dy.Floats(), false, weight.Floats(), false, dx.Floats(), true));
        if (!dweight.IsNone)
            Gemm.Run(Call(n, k, rows, dy.Floats(), true, x.Floats(), false, dweight.Floats(), true));
    }

    // One pass over dy: dy becomes du = dy·f′(u), and its column sums are added to dbias.
    private void OutputGradient<TActivation>(Tensor dbias, Tensor dy, Tensor u) where TActivation : struct, IDifferentiableActivation
    {
        int rows = dy.Rows, n = dy.Cols;
        nint blocks = ((nint)rows + ColumnSumRows - 1) / ColumnSumRows;
        float* sums = dbias.IsNone ? null : _partials.Floats(Math.Max(1, blocks * n));
        ForRange(blocks, 1, (long)ColumnSumRows * n, new OutputGradientKernel<TActivation>(sums, dy.Floats(), OptionalFloats(u), rows, n));
        if (sums != null)
            AddRows(dbias.Floats(), sums, blocks, n, n);
    }

    // dy ·= f′(u) where there is a u; sums[block] = the column sums of the block's rows.
    private readonly struct OutputGradientKernel<TActivation>(float* sums, float* dy, float* u, nint rows, nint n) : IRangeKernel
        where TActivation : struct, IDifferentiableActivation
    {
        private readonly float* _sums = sums, _dy = dy, _u = u;
        private readonly nint _rows = rows, _n = n;

        public void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            for (nint block = first; block < end; block++)
            {
                float* sums = _sums == null ? null : _sums + block * _n;
                if (sums != null)
                    new Span<float>(sums, (int)_n).Clear();
                nint last = Math.Min(_rows, (block + 1) * ColumnSumRows);
                for (nint row = block * ColumnSumRows; row < last; row++)
                    Row<TSimd, V>(row * _n, sums);
            }
        }

        private void Row<TSimd, V>(nint start, float* sums) where TSimd : ISimd<V> where V : struct
        {
            nint whole = _n - _n % TSimd.Width;
            if (_u != null)
                Multiply<TSimd, V>(_dy + start, _u + start, whole, (int)(_n - whole));
            if (sums != null)
                RowMath.Add<TSimd, V>(sums, _dy + start, (int)_n);
        }

        // dy ·= f′(u), whole vectors and then the rest of the row.
        [MethodImpl(Jit.Alone)]
        private static void Multiply<TSimd, V>(float* dy, float* u, nint whole, int rest) where TSimd : ISimd<V> where V : struct
        {
            for (nint i = 0; i < whole; i += TSimd.Width)
                TSimd.Store(dy + i, TSimd.Multiply(TSimd.Load(dy + i), TActivation.Derivative<TSimd, V>(TSimd.Load(u + i))));
            if (rest > 0)
                MultiplyRest<TSimd, V>(dy + whole, u + whole, rest);
        }

        private static void MultiplyRest<TSimd, V>(float* dy, float* u, int count) where TSimd : ISimd<V> where V : struct
        {
            V slope = TActivation.Derivative<TSimd, V>(Lanes.Load<TSimd, V>(u, count));
            Lanes.Store<TSimd, V>(dy, TSimd.Multiply(Lanes.Load<TSimd, V>(dy, count), slope), count);
        }
    }
}
