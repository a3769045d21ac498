using System.Numerics.Tensors;
using BareBert.Kernels;
using BenchmarkDotNet.Attributes;

namespace BareBert.Bench;

/// <summary>Operations that System.Numerics.Tensors has too; it works on one thread, and so does a row of ours.</summary>
public abstract class TensorPrimitivesSuite(string name) : OpSuite(name)
{
    private readonly CpuKernels _alone = new(1);
    private OpCases _cases = null!;
    private Action _runAlone = null!;

    protected float[] X { get; private set; } = [];
    protected float[] Y { get; private set; } = [];

    public override void SetUp()
    {
        base.SetUp();
        var random = new PhiloxStream(1, 2);
        X = new float[Op.Rows * Op.Cols];
        Y = new float[X.Length];
        foreach (ref float x in X.AsSpan())
            x = (float)random.NextNormal();
        _cases = new OpCases(_alone, Op.Rows, Op.Cols);
        _runAlone = _cases[Op.Name].Call;
    }

    public override void CleanUp()
    {
        base.CleanUp();
        _cases.Dispose();
        _alone.Dispose();
    }

    [Benchmark(Description = "Cpu, 1 thread"), Library(LibraryAttribute.Ours, OneThread = true)]
    public void OneThread() => _runAlone();
}

/// <summary>
/// Softmax cross-entropy over rows. TensorPrimitives.SoftMax does not subtract the maximum: it overflows where a logit
/// is above 88, and its time lacks that pass and the loss.
/// </summary>
public class SoftmaxSuite() : TensorPrimitivesSuite("cross-entropy fwd")
{
    [Benchmark(Description = "TensorPrimitives.SoftMax"), Library("TensorPrimitives", OneThread = true)]
    public void Tensors()
    {
        for (int row = 0; row < Op.Rows; row++)
            TensorPrimitives.SoftMax<float>(X.AsSpan(row * Op.Cols, Op.Cols), Y.AsSpan(row * Op.Cols, Op.Cols));
    }
}

/// <summary>The hyperbolic tangent.</summary>
public class TanhSuite() : TensorPrimitivesSuite("tanh fwd")
{
    [Benchmark(Description = "TensorPrimitives.Tanh"), Library("TensorPrimitives", OneThread = true)]
    public void Tensors() => TensorPrimitives.Tanh<float>(X, Y);
}

/// <summary>A gradient's square norm; TensorPrimitives adds in single precision.</summary>
public class SumOfSquaresSuite() : TensorPrimitivesSuite("sum of squares")
{
    [Benchmark(Description = "TensorPrimitives.SumOfSquares"), Library("TensorPrimitives", OneThread = true)]
    public float Tensors() => TensorPrimitives.SumOfSquares<float>(X);
}

/// <summary>y += scale·x.</summary>
public class AddScaledSuite() : TensorPrimitivesSuite("add scaled")
{
    [Benchmark(Description = "TensorPrimitives.MultiplyAdd"), Library("TensorPrimitives", OneThread = true)]
    public void Tensors() => TensorPrimitives.MultiplyAdd<float>(X, 1e-3f, Y, Y);
}
