using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

[Collection("devices")]
public sealed class SoftmaxConformance(DeviceFixture devices)
{
    private static readonly (int Rows, int Cols)[] Shapes = [(1, 1), (9, 2), (33, 31), (32, 32), (31, 33), (5, 768), (2, 4099)];

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void ForwardAndBackwardMatch(string device)
    {
        foreach ((int rows, int cols) in devices.Fitting(device, Shapes, shape => (long)shape.Rows * shape.Cols))
        {
            using Trial trial = devices.On(device);
            Operand x = trial.Normal(new(rows, cols), 2), y = trial.Output(new(rows, cols)), dx = trial.Normal(new(rows, cols)), dy = trial.Normal(new(rows, cols));
            trial.Run((k, t) => k.Run(new SoftmaxForward { Y = t(y), X = t(x) }));
            trial.Matches(y, new Tolerance(4e-6, 1e-7), "y");
            trial.Run((k, t) => k.Run(new SoftmaxBackward { DX = t(dx), DY = t(dy), Y = t(y) }));
            trial.Matches(dx, Tolerance.Sums(cols, 1), "dx");
            trial.Run((k, t) => k.Run(new SoftmaxForward { Y = t(x), X = t(x) }));
            trial.Matches(x, new Tolerance(4e-6, 1e-7), "y in place");
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void LargeScoresGiveRowsThatSumToOne(string device)
    {
        using Trial trial = devices.On(device);
        Operand x = trial.Normal(new(20, 33), 1000), y = trial.Output(new(20, 33));
        trial.Run((k, t) => k.Run(new SoftmaxForward { Y = t(y), X = t(x) }));
        trial.Matches(y, new Tolerance(4e-6, 1e-7), "y");
        Assert.All(trial.Result(y).Chunk(33), row => Assert.True(Math.Abs(row.Sum(p => (double)p) - 1) <= 1e-6));
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void NaNStaysInItsRow(string device)
    {
        foreach (int at in new[] { 33, 40, 65 })
        {
            using Trial trial = devices.On(device);
            Operand x = trial.Normal(new(3, 33)), y = trial.Output(new(3, 33));
            trial.Set(x, at, float.NaN);
            trial.Run((k, t) => k.Run(new SoftmaxForward { Y = t(y), X = t(x) }));
            Assert.Equal(Enumerable.Range(33, 33), trial.Result(y).Index().Where(e => float.IsNaN(e.Item)).Select(e => e.Index));
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void WrongShapesAreRejected(string device)
    {
        using Trial trial = devices.On(device);
        Operand x = trial.Normal(new(4, 6)), other = trial.Normal(new(6, 4));
        trial.Rejects((k, t) => k.Run(new SoftmaxForward { Y = t(other), X = t(x) }));
        trial.Rejects((k, t) => k.Run(new SoftmaxBackward { DX = t(other), DY = t(x), Y = t(x) }));
    }
}
