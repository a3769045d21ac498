using BareBert.Autograd;
using BareBert.Autograd.Ops;
using BareBert.Kernels;
using BareBert.Samples;
using Xunit;

namespace BareBert.Tests;

/// <summary>The op of samples/RmsNorm: its gradient, and a little training with it on every kind of device.</summary>
public sealed class RmsNormOpTests
{
    [Fact]
    public void Its_gradient_is_that_of_central_differences()
    {
        using var kernels = new ReferenceKernels<double>();
        using var tape = new Tape(kernels);
        using var arena = new Arena(kernels.Memory);
        Tensor x = Normal(arena, new Shape(5, 4), 1), weight = Normal(arena, new Shape(4), 2), direction = Normal(arena, new Shape(5, 4), 3), total = arena.Zeros(new Shape(1), DType.Float64);

        double[][] Run(bool backward)
        {
            Variable input = new(x, requiresGrad: true), scale = new(weight, requiresGrad: true);
            total.Zero();
            using (tape.Begin(TapeMode.Training(1, 1) with { CheckOverwriting = true }))
            {
                InnerProduct.Apply(tape, total, RmsNormOp.Apply(tape, input, scale, 0.1), direction);
                if (!backward)
                    return [];
                tape.Backward();
                return [input.Grad.ToArray<double>(), scale.Grad.ToArray<double>()];
            }
        }

        double Loss()
        {
            Run(backward: false);
            return total.ToArray<double>()[0];
        }

        Assert.True(GradientCheck.MaxRelativeError([x, weight], Loss, () => Run(backward: true)) <= 1e-6);
    }

    /// <summary>Through a stopwatch and without one: a classifier of two classes with the op between its layers learns.</summary>
    [Theory]
    [InlineData("reference")]
    [InlineData("cpu")]
    [InlineData("emulated")]
    public void It_learns_on_every_kind_of_device(string device)
    {
        using IKernels kernels = BareBert.Kernels.Devices.Open(device, threads: 2);
        float[] plain = Losses(kernels);
        Assert.True(plain[^1] < 0.5 * plain[0], string.Join(' ', plain));
        using var profile = new ProfilingKernels(BareBert.Kernels.Devices.Open(device, threads: 2));
        Assert.Equal(plain, Losses(profile));
        Assert.Superset(new HashSet<string> { "RmsNormForward", "RmsNormBackward" }, profile.Costs.Select(cost => cost.Name).ToHashSet());
    }

    [Fact]
    public void A_device_without_a_kernel_says_so()
    {
        using var kernels = new CpuKernels(1);
        Assert.Equal("the device cpu has no kernel for Unknown", Assert.Throws<NotSupportedException>(() => kernels.Run(new Unknown())).Message);
    }

    [Fact]
    public void A_call_allocates_nothing()
    {
        using IKernels kernels = new CpuKernels(1);
        using var arena = new Arena(kernels.Memory);
        Tensor x = arena.Zeros(new Shape(9, 40));
        var call = new RmsNormForward { Y = x, Rstd = arena.Zeros(new Shape(9)), X = x, Weight = arena.Zeros(new Shape(40)), Eps = 1 };
        kernels.Run(call);
        Assert.Equal(0, Allocations.Of(() => kernels.Run(call)));
    }

    private static float[] Losses(IKernels kernels)
    {
        const int Rows = 8, Width = 6, Classes = 2, Steps = 15;
        using var parameters = new ParameterSet(kernels, [new("in", new Shape(Width, Width)), new("norm", new Shape(Width)), new("out", new Shape(Classes, Width))]);
        foreach (Parameter parameter in parameters.All)
            Upload(parameter.Value, parameter.Name == "norm" ? _ => 1 : i => Math.Sin(7 * i + parameter.Shape.Count));
        using var tape = new Tape(kernels);
        using var arena = new Arena(kernels.Memory);
        Tensor x = arena.Zeros(new Shape(Rows, Width), kernels.ElementType), total = arena.Zeros(new Shape(1), kernels.ElementType);
        Upload(x, i => i % Width == 0 ? 1 - 2 * (i / Width % 2) : Math.Cos(3 * i)); // the first column tells the class
        var losses = new float[Steps];
        for (int step = 0; step < Steps; step++)
        {
            total.Zero();
            using (tape.Begin(TapeMode.Training(1, (uint)step)))
            {
                Variable hidden = RmsNormOp.Apply(tape, Linear.Apply(tape, new Variable(x, false), parameters["in"], null), parameters["norm"], 1e-6);
                CrossEntropy.Apply(tape, total, Linear.Apply(tape, hidden, parameters["out"], null), tape.Upload([0, 1, 0, 1, 0, 1, 0, 1]), 1.0 / Rows);
                tape.Backward();
            }
            kernels.Run(new AdamW
            {
                Weight = parameters.Values, Gradient = parameters.Grads, M = parameters.Moments1, V = parameters.Moments2,
                Options = new AdamWOptions(0.1, 0.9, 0.999, 1e-8, 0, step + 1),
            });
            losses[step] = total.ToArray<float>()[0];
        }
        return losses;
    }

    private static void Upload(Tensor tensor, Func<int, double> value) =>
        tensor.Upload<float>([.. Enumerable.Range(0, (int)tensor.Count).Select(i => (float)value(i))]);

    private static Tensor Normal(Arena arena, Shape shape, uint stream)
    {
        var random = new PhiloxStream(1, stream);
        var values = new double[shape.Count];
        foreach (ref double value in values.AsSpan())
            value = random.NextNormal();
        return arena.Upload<double>(shape, values);
    }

    private readonly struct Unknown : IKernelCall<Unknown>
    {
        public KernelWork Work => default;

        public void Check() { }
    }
}
