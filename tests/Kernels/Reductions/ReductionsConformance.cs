using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

[Collection("devices")]
public sealed class ReductionsConformance(DeviceFixture devices)
{
    private static readonly int[] Sizes = [.. Devices.Dimensions, 16_384, 16_385, 300_001];

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void SumsMatch(string device)
    {
        foreach (int n in devices.Fitting(device, Sizes, size => size))
        {
            using Trial trial = devices.On(device);
            Operand x = trial.Normal(new(n), 1, 0.3), total = trial.Normal(new(1)), squares = trial.Normal(new(1));
            trial.Run((k, t) => k.Run(new Sum { Total = t(total), X = t(x), Scale = -0.5 }));
            trial.Run((k, t) => k.Run(new SumOfSquares { Total = t(squares), X = t(x) }));
            trial.Matches(total, Tolerance.Elementwise, "sum");
            trial.Matches(squares, Tolerance.Elementwise, "sum of squares");
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void SmallNumbersAreNotLostInALargeSum(string device)
    {
        var values = new float[100_000];
        Array.Fill(values, 1e-3f);
        values[0] = 1e5f;
        using Trial trial = devices.On(device);
        Operand x = trial.Floats(new(values.Length), values), total = trial.Floats(new(1), [0]);
        trial.Run((k, t) => k.Run(new Sum { Total = t(total), X = t(x) }));
        trial.Matches(total, Tolerance.Elementwise, "sum");
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void ScaledIsAdded(string device)
    {
        foreach (int n in devices.Fitting(device, Sizes, size => size))
        {
            using Trial trial = devices.On(device);
            Operand y = trial.Normal(new(n)), x = trial.Normal(new(n));
            trial.Run((k, t) => k.Run(new AddScaled { Y = t(y), X = t(x), Scale = 0.3 }));
            trial.Matches(y, Tolerance.Elementwise, "y");
            trial.Run((k, t) => k.Run(new AddScaled { Y = t(x), X = t(x), Scale = -1 }));
            trial.Matches(x, Tolerance.Exact, "x less itself");
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void NaNShowsWhereverItIs(string device)
    {
        foreach (int at in new[] { 0, 15, 16_384, 16_400, 19_999 })
        {
            using Trial trial = devices.On(device);
            Operand x = trial.Normal(new(20_000)), total = trial.Floats(new(2), [0, 0]), y = trial.Normal(new(20_000));
            trial.Set(x, at, float.NaN);
            trial.Run((k, t) => k.Run(new Sum { Total = t(total).Slice(0, new(1)), X = t(x) }));
            trial.Run((k, t) => k.Run(new SumOfSquares { Total = t(total).Slice(1, new(1)), X = t(x) }));
            trial.Run((k, t) => k.Run(new AddScaled { Y = t(y), X = t(x) }));
            Assert.All(trial.Result(total), value => Assert.True(float.IsNaN(value)));
            Assert.Equal([at], trial.Result(y).Index().Where(e => float.IsNaN(e.Item)).Select(e => e.Index));
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void WrongShapesAreRejected(string device)
    {
        using Trial trial = devices.On(device);
        Operand x = trial.Normal(new(4)), other = trial.Normal(new(5));
        trial.Rejects((k, t) => k.Run(new Sum { Total = t(x), X = t(x) }));
        trial.Rejects((k, t) => k.Run(new SumOfSquares { Total = t(x), X = t(x) }));
        trial.Rejects((k, t) => k.Run(new AddScaled { Y = t(other), X = t(x) }));
    }
}
