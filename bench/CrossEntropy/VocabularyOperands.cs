using BareBert.Kernels;

namespace BareBert.Bench;

/// <summary>The tensors of one vocabulary loss, random, on the kernels that compute it.</summary>
public sealed class VocabularyOperands : IDisposable
{
    private readonly IKernels _kernels;
    private readonly VocabularySize _size;
    private readonly Arena _arena;
    private readonly Tensor _x, _weight, _bias, _dx, _dweight, _dbias, _losses, _predictions, _logits, _labels;

    public VocabularyOperands(IKernels kernels, VocabularySize size)
    {
        (_kernels, _size) = (kernels, size);
        _arena = new Arena(kernels.Memory);
        (_x, _weight, _bias) = (Random(new Shape(size.Rows, size.C), 1), Random(new Shape(VocabularySize.V, size.C), 2), Random(new Shape(VocabularySize.V), 3));
        (_dx, _dweight, _dbias) = (_arena.Zeros(_x.Shape), _arena.Zeros(_weight.Shape), _arena.Zeros(_bias.Shape));
        _losses = _arena.Zeros(new Shape(size.Rows));
        _predictions = _arena.Zeros(new Shape(size.Rows), DType.Int32);
        _logits = _arena.Zeros(new Shape(size.Rows, VocabularySize.V));
        _labels = _arena.Upload<int>(new Shape(size.Rows), [.. Enumerable.Range(0, size.Rows).Select(i => i * 37 % VocabularySize.V)]);
    }

    /// <summary>The loss and, where the size says so, its gradients.</summary>
    public void Loss()
    {
        (Tensor dx, Tensor dweight, Tensor dbias) = _size.Gradients ? (_dx, _dweight, _dbias) : default;
        _kernels.Run(new VocabularyLoss
        {
            Losses = _losses, Predictions = _predictions, DX = dx, DWeight = dweight, DBias = dbias, X = _x, Weight = _weight,
            Bias = _bias, Labels = _labels, Scale = 1.0 / _size.Rows,
        });
    }

    /// <summary>What the loss cannot do without: one multiply, or three.</summary>
    public void Multiplies()
    {
        _kernels.Run(new MatrixMultiply { C = _logits, A = _x, B = _weight, TransposeB = true });
        if (!_size.Gradients)
            return;
        _kernels.Run(new MatrixMultiply { C = _dx, A = _logits, B = _weight, Accumulate = true });
        _kernels.Run(new MatrixMultiply { C = _dweight, A = _logits, B = _x, TransposeA = true, Accumulate = true });
    }

    public void Dispose()
    {
        _arena.Dispose();
        _kernels.Dispose();
    }

    private Tensor Random(Shape shape, uint stream)
    {
        var random = new PhiloxStream(7, stream);
        var values = new float[shape.Count];
        for (int i = 0; i < values.Length; i++)
            values[i] = 0.1f * (float)random.NextNormal();
        return _arena.Upload<float>(shape, values);
    }
}
