using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>Results larger than the caches are written past them: that must not change a bit.</summary>
public sealed class MemoryHintsTests : IDisposable
{
    private const int Cols = 768;

    private readonly CpuKernels _kernels = new(2);
    private readonly Arena _arena;
    private readonly int _rows = (int)(CacheSizes.OfThisMachine.Level3 / (Cols * sizeof(float))) + 2;

    public MemoryHintsTests() => _arena = new Arena(_kernels.Memory);

    [Fact]
    public void ActivationIsTheSameInPieces()
    {
        Tensor x = Input(), whole = _arena.Zeros(x.Shape), pieces = _arena.Zeros(x.Shape);
        _kernels.Run(new ActivationForward { Y = whole, X = x, Activation = Activation.Relu });
        for (int row = 0; row < _rows; row += 1000)
            _kernels.Run(new ActivationForward { Y = Piece(pieces, row), X = Piece(x, row), Activation = Activation.Relu });
        Assert.True(whole.Span<float>().SequenceEqual(pieces.Span<float>()));
    }

    [Fact]
    public void LayerNormIsTheSameInPieces()
    {
        Tensor x = Input(), whole = _arena.Zeros(x.Shape), pieces = _arena.Zeros(x.Shape), mean = _arena.Zeros(new(_rows, 1)), rstd = _arena.Zeros(new(_rows, 1));
        Tensor weight = _arena.Zeros(new(Cols)), bias = _arena.Zeros(new(Cols));
        weight.Span<float>().Fill(1.5f);
        _kernels.Run(new LayerNormForward
        {
            Y = whole, Mean = mean.View(new(_rows)), Rstd = rstd.View(new(_rows)), X = x, Weight = weight, Bias = bias, Eps = 1e-12,
        });
        for (int row = 0; row < _rows; row += 1000)
        {
            Tensor m = Piece(mean, row), r = Piece(rstd, row);
            _kernels.Run(new LayerNormForward
            {
                Y = Piece(pieces, row), Mean = m.View(new(m.Rows)), Rstd = r.View(new(r.Rows)), X = Piece(x, row), Weight = weight,
                Bias = bias, Eps = 1e-12,
            });
        }
        Assert.True(whole.Span<float>().SequenceEqual(pieces.Span<float>()));
    }

    public void Dispose()
    {
        _arena.Dispose();
        _kernels.Dispose();
    }

    private Tensor Piece(Tensor x, int row) => x.RowSlice(row, Math.Min(1000, _rows - row));

    private Tensor Input()
    {
        Tensor x = _arena.Allocate(new(_rows, Cols));
        Span<float> xs = x.Span<float>();
        for (int i = 0; i < xs.Length; i++)
            xs[i] = (int)(i * 2654435761u >> 8) * 1e-6f - 8;
        return x;
    }
}
