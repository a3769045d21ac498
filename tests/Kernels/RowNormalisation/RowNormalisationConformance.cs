using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

[Collection("devices")]
public sealed class RowNormalisationConformance(DeviceFixture devices)
{
    private static readonly (int Rows, int Cols)[] Shapes = [(1, 1), (9, 2), (33, 31), (32, 32), (31, 33), (5, 768), (2, 4099)];

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void ForwardAndBackwardMatch(string device)
    {
        foreach ((int rows, int cols) in devices.Fitting(device, Shapes, shape => (long)shape.Rows * shape.Cols))
        {
            using Trial trial = devices.On(device);
            Operand x = trial.Normal(new(rows, cols), 2), y = trial.Output(new(rows, cols)), r = trial.Output(new(rows));
            Operand dx = trial.Normal(new(rows, cols)), dy = trial.Normal(new(rows, cols));
            trial.Run((k, t) => k.Run(new RowNormalisationForward { Y = t(y), InverseLength = t(r), X = t(x), Eps = 1e-12 }));
            trial.Matches(y, Tolerance.Normalised, "y");
            trial.Matches(r, Tolerance.Normalised, "r");
            trial.Run((k, t) => k.Run(new RowNormalisationBackward { DX = t(dx), DY = t(dy), Y = t(y), InverseLength = t(r) }));
            trial.Matches(dx, Tolerance.Sums(cols, 1), "dx");
            trial.Run((k, t) => k.Run(new RowNormalisationForward { Y = t(x), InverseLength = t(r), X = t(x), Eps = 1e-12 }));
            trial.Matches(x, Tolerance.Normalised, "y in place");
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void RowsHaveLengthOneButZeros(string device)
    {
        using Trial trial = devices.On(device);
        Operand x = trial.Normal(new(3, 40), 100), y = trial.Output(new(3, 40)), r = trial.Output(new(3));
        for (int i = 40; i < 80; i++)
            trial.Set(x, i, 0);
        trial.Run((k, t) => k.Run(new RowNormalisationForward { Y = t(y), InverseLength = t(r), X = t(x), Eps = 1e-12 }));
        double[] lengths = [.. trial.Result(y).Chunk(40).Select(row => Math.Sqrt(row.Sum(v => (double)v * v)))];
        Assert.True(Math.Abs(lengths[0] - 1) <= 1e-6 && lengths[1] == 0 && Math.Abs(lengths[2] - 1) <= 1e-6);
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void NaNStaysInItsRow(string device)
    {
        using Trial trial = devices.On(device);
        Operand x = trial.Normal(new(3, 33)), y = trial.Output(new(3, 33)), r = trial.Output(new(3));
        trial.Set(x, 40, float.NaN);
        trial.Run((k, t) => k.Run(new RowNormalisationForward { Y = t(y), InverseLength = t(r), X = t(x), Eps = 1e-12 }));
        Assert.Equal(Enumerable.Range(33, 33), trial.Result(y).Index().Where(e => float.IsNaN(e.Item)).Select(e => e.Index));
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void WrongShapesAreRejected(string device)
    {
        using Trial trial = devices.On(device);
        Operand x = trial.Normal(new(4, 6)), other = trial.Normal(new(6, 4)), r = trial.Normal(new(4)), wrong = trial.Normal(new(6));
        trial.Rejects((k, t) => k.Run(new RowNormalisationForward { Y = t(other), InverseLength = t(r), X = t(x), Eps = 0 }));
        trial.Rejects((k, t) => k.Run(new RowNormalisationForward { Y = t(x), InverseLength = t(wrong), X = t(x), Eps = 0 }));
        trial.Rejects((k, t) => k.Run(new RowNormalisationBackward { DX = t(other), DY = t(x), Y = t(x), InverseLength = t(r) }));
    }
}
