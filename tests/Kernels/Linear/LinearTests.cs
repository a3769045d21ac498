using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>The CPU's matrix multiplies of tensors and its linear layers against the reference loops.</summary>
public sealed class LinearTests : IDisposable
{
    private readonly ReferenceKernels<float> _reference = new();
    private readonly Arena _arena;
    private readonly Random _random = new(3);

    public LinearTests() => _arena = new Arena(_reference.Memory);

    public void Dispose()
    {
        _arena.Dispose();
        _reference.Dispose();
    }

    public static TheoryData<Activation> Activations =>
        [Activation.None, Activation.Gelu, Activation.GeluTanh, Activation.Tanh, Activation.Relu, Activation.Silu, Activation.QuickGelu];

    [Fact]
    public void Multiplies_agree_with_the_reference_for_matrices_and_batches()
    {
        using var cpu = new CpuKernels(2);
        foreach ((int batch, int m, int n, int k) in ((int, int, int, int)[])[(1, 33, 31, 100), (5, 32, 17, 64), (2, 600, 33, 5), (0, 3, 3, 3)])
        {
            for (int flags = 0; flags < 8; flags++)
            {
                bool ta = (flags & 1) != 0, tb = (flags & 2) != 0, accumulate = (flags & 4) != 0;
                Tensor a = Fill(ta ? new Shape(batch, k, m) : new Shape(batch, m, k));
                Tensor b = Fill(tb ? new Shape(batch, n, k) : new Shape(batch, k, n));
                Tensor c = Fill(new Shape(batch, m, n)), expected = Copy(c);
                cpu.Run(new MatrixMultiply { C = c, A = a, B = b, TransposeA = ta, TransposeB = tb, Accumulate = accumulate });
                _reference.Run(new MatrixMultiply { C = expected, A = a, B = b, TransposeA = ta, TransposeB = tb, Accumulate = accumulate });
                Close(expected, c);
            }
        }
    }

    [Fact]
    public void Two_dimensions_are_one_matrix_and_others_are_refused()
    {
        using var cpu = new CpuKernels(1);
        Tensor a = Fill(new Shape(7, 9)), b = Fill(new Shape(9, 5)), c = Fill(new Shape(7, 5)), expected = Copy(c);
        cpu.Run(new MatrixMultiply { C = c, A = a, B = b });
        _reference.Run(new MatrixMultiply { C = expected, A = a, B = b });
        Close(expected, c);
        Assert.Throws<ArgumentException>(() => cpu.Run(new MatrixMultiply { C = c, A = a, B = b, TransposeB = true }));
        Assert.Throws<ArgumentException>(() => cpu.Run(new LinearForward { Y = c, X = a, Weight = b }));
    }

    [Theory, MemberData(nameof(Activations))]
    public void A_linear_layer_agrees_with_the_reference_forward_and_backward(Activation activation)
    {
        using var cpu = new CpuKernels(2);
        foreach ((int rows, int n, int k) in ((int, int, int)[])[(1, 1, 1), (33, 31, 32), (200, 100, 64), (65, 257, 300)])
        {
            Tensor x = Fill(new Shape(rows, k)), weight = Fill(new Shape(n, k)), bias = Fill(new Shape(n));
            Tensor y = Fill(new Shape(rows, n)), u = Fill(y.Shape), yExpected = Copy(y), uExpected = Copy(u);
            cpu.Run(new LinearForward { Y = y, PreActivation = u, X = x, Weight = weight, Bias = bias, Activation = activation });
            _reference.Run(new LinearForward
            {
                Y = yExpected, PreActivation = uExpected, X = x, Weight = weight, Bias = bias, Activation = activation,
            });
            Close(yExpected, y);
            Close(uExpected, u);

            Tensor dy = Fill(y.Shape), dx = Fill(x.Shape), dweight = Fill(weight.Shape), dbias = Fill(bias.Shape);
            Tensor dyE = Copy(dy), dxE = Copy(dx), dweightE = Copy(dweight), dbiasE = Copy(dbias);
            cpu.Run(new LinearBackward
            {
                DX = dx, DWeight = dweight, DBias = dbias, DY = dy, X = x, Weight = weight, PreActivation = uExpected,
                Activation = activation,
            });
            _reference.Run(new LinearBackward
            {
                DX = dxE, DWeight = dweightE, DBias = dbiasE, DY = dyE, X = x, Weight = weight, PreActivation = uExpected,
                Activation = activation,
            });
            Close(dyE, dy);
            Close(dxE, dx);
            Close(dweightE, dweight);
            Close(dbiasE, dbias);
        }
    }

    [Theory, MemberData(nameof(Activations))]
    public void What_is_left_out_is_not_computed_and_changes_nothing_else(Activation activation)
    {
        using var cpu = new CpuKernels(2);
        const int rows = 40, n = 35, k = 50;
        Tensor x = Fill(new Shape(rows, k)), weight = Fill(new Shape(n, k)), y = Fill(new Shape(rows, n)), expected = Copy(y);
        cpu.Run(new LinearForward { Y = y, X = x, Weight = weight, Activation = activation });
        _reference.Run(new LinearForward { Y = expected, X = x, Weight = weight, Activation = activation });
        Close(expected, y);

        Tensor dy = Fill(y.Shape), u = Fill(y.Shape), dweight = Fill(weight.Shape), dx = Fill(x.Shape), dbias = Fill(new Shape(n));
        Tensor whole = Copy(dweight), alone = Copy(dweight), dy2 = Copy(dy);
        cpu.Run(new LinearBackward
        {
            DX = dx, DWeight = whole, DBias = dbias, DY = Copy(dy), X = x, Weight = weight, PreActivation = u, Activation = activation,
        });
        cpu.Run(new LinearBackward { DWeight = alone, DY = dy2, X = x, Weight = weight, PreActivation = u, Activation = activation });
        Assert.Equal(whole.ToArray<float>(), alone.ToArray<float>());
    }

    [Fact]
    public void Any_number_of_threads_gives_the_same_bits()
    {
        Tensor x = Fill(new Shape(300, 70)), weight = Fill(new Shape(90, 70)), bias = Fill(new Shape(90));
        Tensor dy = Fill(new Shape(300, 90)), u = Fill(dy.Shape);
        float[]? expected = null;
        for (int threads = 1; threads <= 4; threads++)
        {
            using var cpu = new CpuKernels(threads);
            Tensor y = Fill(dy.Shape), pre = Fill(dy.Shape);
            Tensor dx = _arena.Zeros(x.Shape), dweight = _arena.Zeros(weight.Shape), dbias = _arena.Zeros(bias.Shape);
            cpu.Run(new LinearForward { Y = y, PreActivation = pre, X = x, Weight = weight, Bias = bias, Activation = Activation.Gelu });
            cpu.Run(new LinearBackward
            {
                DX = dx, DWeight = dweight, DBias = dbias, DY = Copy(dy), X = x, Weight = weight, PreActivation = u,
                Activation = Activation.Gelu,
            });
            float[] all = [.. new[] { y, pre, dx, dweight, dbias }.SelectMany(t => t.ToArray<float>())];
            expected ??= all;
            Assert.Equal(expected, all);
        }
    }

    private Tensor Fill(Shape shape)
    {
        Tensor tensor = _arena.Allocate(shape);
        foreach (ref float value in tensor.Span<float>())
            value = _random.NextSingle() * 2 - 1;
        return tensor;
    }

    private Tensor Copy(Tensor source)
    {
        Tensor copy = _arena.Allocate(source.Shape);
        copy.CopyFrom(source);
        return copy;
    }

    private static void Close(Tensor expected, Tensor actual)
    {
        float[] e = expected.ToArray<float>(), a = actual.ToArray<float>();
        for (int i = 0; i < e.Length; i++)
            Assert.True(Math.Abs(e[i] - a[i]) <= 2e-5 * (1 + Math.Abs(e[i])), $"{expected}, element {i}: {e[i]} but {a[i]}");
    }
}
