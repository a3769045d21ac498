using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>
/// Kernels that memory bounds, on aligned rows, where they read and write 16 bytes at a time; and on the same rows shifted, where they do not. What
/// they compute is held against Reference.
/// </summary>
public sealed class RowAccessTests : IDisposable
{
    private readonly ReferenceKernels<float> _reference = new();
    private readonly RecordingDevice _device = new();
    private readonly GpuKernels _kernels;

    public RowAccessTests() => _kernels = new GpuKernels(_device, "emulated");

    public void Dispose()
    {
        _kernels.Dispose();
        _reference.Dispose();
    }

    public static TheoryData<int, int, bool> Shapes
    {
        get
        {
            var data = new TheoryData<int, int, bool>();
            foreach ((int rows, int cols) in new[] { (3, 4), (5, 132), (2, 768), (3, 1028) })
            {
                data.Add(rows, cols, true);
                data.Add(rows, cols, false);
            }
            return data;
        }
    }

    private static DropoutMask Mask => new(0.1, Seed: 5, Step: 3, Op: 1, FirstRow: 9);

    [Theory, MemberData(nameof(Shapes))]
    public void LayerNormForward(int rows, int cols, bool aligned)
    {
        using Trial trial = On(aligned);
        Operand y = trial.Output(new(rows, cols)), mean = trial.Output(new(rows)), rstd = trial.Output(new(rows));
        Operand x = trial.Normal(new(rows, cols), 2, 0.5), weight = trial.Normal(new(cols), 0.1, 1), bias = trial.Normal(new(cols));
        trial.Run((k, t) => k.Run(new LayerNormForward
        {
            Y = t(y), Mean = t(mean), Rstd = t(rstd), X = t(x), Weight = t(weight), Bias = t(bias), Eps = 1e-12,
        }));
        Matches(trial, aligned, Tolerance.Normalised, y, mean, rstd);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void ResidualLayerNorm(int rows, int cols, bool aligned)
    {
        using Trial trial = On(aligned);
        Operand y = trial.Output(new(rows, cols)), sum = trial.Output(new(rows, cols)), mean = trial.Output(new(rows)), rstd = trial.Output(new(rows));
        Operand residual = trial.Normal(new(rows, cols)), branch = trial.Normal(new(rows, cols)), weight = trial.Normal(new(cols), 0.1, 1), bias = trial.Normal(new(cols));
        trial.Run((k, t) => k.Run(new ResidualLayerNormForward
        {
            Y = t(y), Sum = t(sum), Mean = t(mean), Rstd = t(rstd), Residual = t(residual), Branch = t(branch), Weight = t(weight),
            Bias = t(bias), Eps = 1e-12, Dropout = Mask,
        }));
        Matches(trial, aligned, Tolerance.Normalised, y, sum, mean, rstd);
        Operand dresidual = trial.Normal(new(rows, cols)), dbranch = trial.Normal(new(rows, cols)), dy = trial.Normal(new(rows, cols));
        trial.Run((k, t) => k.Run(new ResidualLayerNormBackward
        {
            DResidual = t(dresidual), DBranch = t(dbranch), DY = t(dy), Sum = t(sum), Mean = t(mean), Rstd = t(rstd), Weight = t(weight),
            Dropout = Mask,
        }));
        Matches(trial, aligned, new Tolerance(1e-5, 1e-5), dresidual, dbranch);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Gelu(int rows, int cols, bool aligned)
    {
        using Trial trial = On(aligned);
        Operand y = trial.Output(new(rows, cols)), x = trial.Normal(new(rows, cols)), dx = trial.Normal(new(rows, cols)), dy = trial.Normal(new(rows, cols));
        trial.Run((k, t) => k.Run(new ActivationForward { Y = t(y), X = t(x), Activation = Activation.Gelu }));
        Matches(trial, aligned, Tolerance.Derivative, y);
        trial.Run((k, t) => k.Run(new ActivationBackward { DX = t(dx), DY = t(dy), X = t(x), Activation = Activation.Gelu }));
        Matches(trial, aligned, Tolerance.Derivative, dx);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Dropout(int rows, int cols, bool aligned)
    {
        using Trial trial = On(aligned);
        Operand y = trial.Output(new(rows, cols)), x = trial.Normal(new(rows, cols)), dx = trial.Normal(new(rows, cols));
        trial.Run((k, t) => k.Run(new DropoutForward { Y = t(y), X = t(x), Dropout = Mask }));
        Matches(trial, aligned, Tolerance.Elementwise, y);
        trial.Run((k, t) => k.Run(new DropoutBackward { DX = t(dx), DY = t(x), Dropout = Mask }));
        Matches(trial, aligned, Tolerance.Elementwise, dx);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void AdamW(int rows, int cols, bool aligned)
    {
        using Trial trial = On(aligned);
        var shape = new Shape(rows * cols);
        Operand weight = trial.Normal(shape), gradient = trial.Normal(shape), m = trial.Normal(shape, 0.1), v = trial.Normal(shape, 0.01, 1);
        var options = new AdamWOptions(1e-2, 0.9, 0.999, 1e-6, 0.01, 3, 0);
        trial.Run((k, t) => k.Run(new AdamW { Weight = t(weight), Gradient = t(gradient), M = t(m), V = t(v), Options = options }));
        Matches(trial, aligned, Tolerance.Derivative, weight, gradient, m, v);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Sums(int rows, int cols, bool aligned)
    {
        using Trial trial = On(aligned);
        Operand x = trial.Normal(new(rows, cols)), y = trial.Normal(new(rows, cols)), total = trial.Normal(new(1));
        trial.Run((k, t) => k.Run(new SumOfSquares { Total = t(total), X = t(x) }));
        Matches(trial, aligned, new Tolerance(1e-6, 1e-6), total);
        trial.Run((k, t) => k.Run(new AddScaled { Y = t(y), X = t(x), Scale = 0.5 }));
        Matches(trial, aligned, Tolerance.Elementwise, y);
    }

    private Trial On(bool aligned) => new(_reference, _kernels, bitForBit: false, "emulated", seed: 1) { IsAligned = aligned };

    // And the operation's main kernel, its first launch, has 16-byte accesses or has not.
    private void Matches(Trial trial, bool aligned, Tolerance tolerance, params ReadOnlySpan<Operand> results)
    {
        foreach (Operand result in results)
            trial.Matches(result, tolerance, $"operand {result.Number}");
        Assert.Equal(aligned, _device.Launches[0].Kernel.Ptx.Contains("ld.global.v4", StringComparison.Ordinal));
        _device.Launches.Clear();
    }
}
