using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

public sealed unsafe partial class CpuKernels
{
    // Rows whose column sums are taken alone; the blocks' sums are added in order, whoever computed them.
    private const int ColumnSumRows = 64;

    void IKernel<LinearForward>.Run(in LinearForward call)
    {
        (int rows, int n, int k) = call.Sizes;
        GemmCall gemm = Call(rows, n, k, call.X.Floats(), false, call.Weight.Floats(), true, call.Y.Floats(), false);
        float* b = OptionalFloats(call.Bias), u = OptionalFloats(call.PreActivation);
        if (call.Activation != Activation.None || u != null)
            ActivationChoice.Do(call.Activation, new ActivateOutputWork(Gemm, gemm, b, u));
        else if (b != null)
            Gemm.Run(gemm, new BiasEpilogue(b));
        else
            Gemm.Run(gemm);
    }

    void IKernel<LinearBackward>.Run(in LinearBackward call)
    {
        (int rows, int n, int k) = call.Sizes;
        if (call.Activation != Activation.None || !call.DBias.IsNone)
        {
            Tensor u = call.Activation == Activation.None ? default : call.PreActivation;
            ActivationChoice.Do(call.Activation, new OutputGradientWork(this, call.DBias, call.DY, u));
        }
        if (!call.DX.IsNone)
            Gemm.Run(Call(rows, k, n, call.DY.Floats(), false, call.Weight.Floats(), false, call.DX.Floats(), !call.OverwriteDX));
        if (!call.DWeight.IsNone)
            Gemm.Run(Call(n, k, rows, call.DY.Floats(), true, call.X.Floats(), false, call.DWeight.Floats(), true));
    }

    private readonly struct ActivateOutputWork(Gemm engine, GemmCall gemm, float* bias, float* preActivation) : IActivationWork
    {
        private readonly float* _bias = bias, _preActivation = preActivation;

        public void Do<TActivation>() where TActivation : struct, IDifferentiableActivation =>
            engine.Run(gemm, new BiasActivationEpilogue<TActivation>(_bias, _preActivation, gemm.N));
    }

    private readonly struct OutputGradientWork(CpuKernels device, Tensor dbias, Tensor dy, Tensor u) : IActivationWork
    {
        public void Do<TActivation>() where TActivation : struct, IDifferentiableActivation => device.OutputGradient<TActivation>(dbias, dy, u);
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
