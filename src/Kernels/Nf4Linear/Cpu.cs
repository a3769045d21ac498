using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

public sealed unsafe partial class CpuKernels
{
    // Floats of a piece of the weight that is dequantised before it is multiplied: it stays in level 2.
    private const int Nf4PieceFloats = 128 << 10;

    private readonly ScratchMemory _nf4Piece = new();

    void IKernel<Nf4LinearForward>.Run(in Nf4LinearForward call)
    {
        Nf4Matrix weight = call.Weight;
        float* x = call.X.Floats(), y = call.Y.Floats(), bias = OptionalFloats(call.Bias);
        int rows = call.X.Rows, step = Nf4PieceRows(weight);
        for (int first = 0; first < weight.N; first += step)
        {
            int count = Math.Min(step, weight.N - first);
            GemmCall gemm = Call(rows, count, weight.K, x, false, Dequantize(weight, first, count), true, y + first, false) with { Ldc = weight.N };
            if (bias == null)
                Gemm.Run(gemm);
            else
                Gemm.Run(gemm, new BiasEpilogue(bias + first));
        }
    }

    void IKernel<Nf4LinearBackward>.Run(in Nf4LinearBackward call)
    {
        Nf4Matrix weight = call.Weight;
        float* dy = call.DY.Floats(), dx = call.DX.Floats();
        int rows = call.DX.Rows, step = Nf4PieceRows(weight);
        for (int first = 0; first < weight.N; first += step)
        {
            int count = Math.Min(step, weight.N - first);
            Gemm.Run(Call(rows, weight.K, count, dy + first, false, Dequantize(weight, first, count), false, dx, true) with { Lda = weight.N });
        }
    }

    partial void DisposeNf4Linear() => _nf4Piece.Dispose();

    private static int Nf4PieceRows(Nf4Matrix weight) => Math.Clamp(Nf4PieceFloats / weight.K, 1, weight.N);

    // Rows [first, first + count) of the weight, [count, K].
    private float* Dequantize(Nf4Matrix weight, int first, int count)
    {
        float* piece = _nf4Piece.Floats((nint)Math.Min(Nf4PieceRows(weight), weight.N) * weight.K);
        nint start = (nint)first * weight.K, end = start + (nint)count * weight.K;
        nint firstBlock = start / Nf4.Block, blocks = (end + Nf4.Block - 1) / Nf4.Block - firstBlock;
        ForRange(blocks, 1, Nf4.Block, new Nf4Job(weight, piece, start, end, firstBlock));
        return piece;
    }

    /// <summary>Dequantises blocks; the first and the last may reach over the ends of the piece.</summary>
    private readonly struct Nf4Job(Nf4Matrix weight, float* piece, nint start, nint end, nint firstBlock) : IRangeKernel
    {
        private readonly int* _codes = weight.Codes.Ints(), _scaleCodes = weight.ScaleCodes.Ints();
        private readonly float* _groupScales = weight.GroupScales.Floats();
        private readonly int _scaleInts = (int)weight.ScaleCodes.Count, _groups = (int)weight.GroupScales.Count;
        private readonly float* _piece = piece;
        private readonly nint _start = start, _end = end, _firstBlock = firstBlock;

        [MethodImpl(Jit.Alone)]
        public void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            float* levels = stackalloc float[16];
            for (nint block = _firstBlock + first; block < _firstBlock + end; block++)
            {
                float scale = Nf4.ScaleOf(new ReadOnlySpan<int>(_scaleCodes, _scaleInts), new ReadOnlySpan<float>(_groupScales, _groups), (int)block);
                for (int i = 0; i < 16; i++)
                    levels[i] = Nf4.Levels[i] * scale;
                nint from = Math.Max(_start, block * Nf4.Block), to = Math.Min(_end, (block + 1) * Nf4.Block);
                for (nint i = from; i < to; i++)
                    _piece[i - _start] = levels[_codes[i / 8] >> (int)(i % 8) * 4 & 15];
            }
        }
    }
}
