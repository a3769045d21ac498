using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>A packed weight gives what the plain one gives, bit for bit, on every device.</summary>
[Collection("devices")]
public sealed class PackedLinearTests(DeviceFixture devices)
{
    private static readonly (int Rows, int N, int K)[] Shapes =
        [(1, 1, 1), (1, 33, 768), (12, 96, 384), (13, 31, 32), (14, 64, 257), (15, 65, 600), (31, 32, 33), (128, 70, 65), (129, 70, 65), (3, 5, 1100), (200, 40, 1500), (512, 33, 40), (513, 33, 40)];

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void ItIsTheLinearLayer(string device)
    {
        foreach ((int rows, int n, int k) in devices.Fitting(device, Shapes, shape => shape.Rows * (long)shape.N * shape.K / 8))
        {
            foreach (Activation f in (Activation[])[Activation.None, Activation.Gelu])
            {
                foreach (bool hasBias in (bool[])[true, false])
                {
                    using Trial trial = devices.On(device);
                    Operand y = trial.Output(new(rows, n)), x = trial.Normal(new(rows, k)), weight = trial.Normal(new(n, k)), bias = hasBias ? trial.Normal(new(n)) : default;
                    trial.Run((kernels, t) =>
                    {
                        using var packed = new PackedWeight(t(weight));
                        for (int call = 0; call < 2; call++) // it is packed at the second one
                            kernels.Run(new PackedLinearForward { Y = t(y), X = t(x), Weight = packed, Bias = t(bias), Activation = f });
                    });
                    trial.Matches(y, Tolerance.Sum(k), $"{rows}x{n}x{k} {f}");
                }
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void TheBitsAreThoseOfTheLinearLayer(int threads)
    {
        using var kernels = new CpuKernels(threads);
        using var arena = new Arena(kernels.Memory);
        foreach ((int rows, int n, int k) in (IEnumerable<(int, int, int)>)[.. Shapes, (2, 4, 0)])
        {
            Tensor x = Normal(arena, rows, k, 1), weight = Normal(arena, n, k, 2), bias = Normal(arena, 1, n, 3).View(new Shape(n));
            Tensor expected = arena.Allocate(new Shape(rows, n)), actual = arena.Allocate(new Shape(rows, n));
            using var packed = new PackedWeight(weight);
            foreach (Tensor added in (Tensor[])[bias, default])
            {
                foreach (Activation f in (Activation[])[Activation.None, Activation.Gelu, Activation.Tanh])
                {
                    kernels.Run(new LinearForward { Y = expected, X = x, Weight = weight, Bias = added, Activation = f });
                    kernels.Run(new PackedLinearForward { Y = actual, X = x, Weight = packed, Bias = added, Activation = f });
                    Assert.Equal(expected.ToArray<float>(), actual.ToArray<float>());
                }
            }
        }
    }

    [Fact]
    public void WhatIsSetLaterIsPackedAnew()
    {
        using var kernels = new CpuKernels(1);
        using var arena = new Arena(kernels.Memory);
        Tensor x = Normal(arena, 2, 40, 1), weight = Normal(arena, 20, 40, 2), y = arena.Allocate(new Shape(2, 20)), expected = arena.Allocate(new Shape(2, 20));
        using var packed = new PackedWeight(weight);
        for (int call = 0; call < 3; call++)
            kernels.Run(new PackedLinearForward { Y = y, X = x, Weight = packed });
        weight.Upload<float>(Normal(arena, 20, 40, 3).ToArray<float>());
        packed.Repack();
        for (int call = 0; call < 3; call++)
        {
            kernels.Run(new PackedLinearForward { Y = y, X = x, Weight = packed });
            kernels.Run(new LinearForward { Y = expected, X = x, Weight = weight });
            Assert.Equal(expected.ToArray<float>(), y.ToArray<float>());
        }
    }

    [Fact]
    public void WeightsThatShareMemoryComeAndGo()
    {
        using var kernels = new CpuKernels(1);
        using var arena = new Arena(kernels.Memory);
        Tensor x = Normal(arena, 4, 50, 1), y = arena.Allocate(new Shape(4, 30)), expected = arena.Allocate(new Shape(4, 30));
        var weights = new PackedWeight?[8];
        for (int round = 0; round < 40; round++)
        {
            int place = round * 5 % weights.Length;
            weights[place]?.Dispose();
            weights[place] = new PackedWeight(Normal(arena, 30, 50, (ulong)round + 2));
            foreach (PackedWeight weight in weights.OfType<PackedWeight>())
            {
                for (int call = 0; call < 2; call++)
                    kernels.Run(new PackedLinearForward { Y = y, X = x, Weight = weight });
                kernels.Run(new LinearForward { Y = expected, X = x, Weight = weight.Values });
                Assert.Equal(expected.ToArray<float>(), y.ToArray<float>());
            }
        }
        foreach (PackedWeight? weight in weights)
        {
            weight!.Dispose();
            weight.Dispose(); // a second time does nothing
        }
    }

    private static Tensor Normal(Arena arena, int rows, int cols, ulong seed)
    {
        var values = new float[rows * cols];
        NormalFill.Fill(values, 1, seed, 0);
        return arena.Upload<float>(new Shape(rows, cols), values);
    }
}
