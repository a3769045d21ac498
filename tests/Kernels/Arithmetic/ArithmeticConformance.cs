using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

[Collection("devices")]
public sealed class ArithmeticConformance(DeviceFixture devices)
{
    private static readonly (int Rows, int Cols)[] Shapes = [(1, 1), (9, 2), (300, 1), (33, 31), (32, 32), (31, 33), (5, 768), (2, 4099)];

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void ForwardAndBackwardMatch(string device)
    {
        foreach ((int rows, int cols) in devices.Fitting(device, Shapes, shape => (long)shape.Rows * shape.Cols))
        {
            foreach (ArithmeticOperator op in Enum.GetValues<ArithmeticOperator>())
            {
                foreach (bool isRow in new[] { false, true })
                    Check(device, rows, cols, op, isRow);
            }
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void EitherGradientMayBeLeftOut(string device)
    {
        foreach (bool first in new[] { true, false })
        {
            using Trial trial = devices.On(device);
            Operand a = trial.Normal(new(7, 33)), b = trial.Normal(new(33)), dy = trial.Normal(new(7, 33)), d = trial.Normal(first ? a.Shape : b.Shape);
            trial.Run((k, t) => k.Run(new ArithmeticBackward
            {
                DA = first ? t(d) : default, DB = first ? default : t(d), DY = t(dy), A = t(a), B = t(b), Operator = ArithmeticOperator.Multiply,
            }));
            trial.Matches(d, Tolerance.Sum(7), first ? "da" : "db");
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void NaNStaysInItsPlace(string device)
    {
        using Trial trial = devices.On(device);
        Operand a = trial.Normal(new(5, 40)), b = trial.Normal(new(40)), y = trial.Output(new(5, 40));
        trial.Set(a, 50, float.NaN);
        trial.Run((k, t) => k.Run(new ArithmeticForward { Y = t(y), A = t(a), B = t(b), Operator = ArithmeticOperator.Multiply }));
        Assert.Equal([50], trial.Result(y).Index().Where(e => float.IsNaN(e.Item)).Select(e => e.Index));
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void WrongShapesAreRejected(string device)
    {
        using Trial trial = devices.On(device);
        Operand a = trial.Normal(new(4, 6)), other = trial.Normal(new(6, 4)), row = trial.Normal(new(4));
        foreach (Operand wrong in new[] { other, row })
            trial.Rejects((k, t) => k.Run(new ArithmeticForward { Y = t(a), A = t(a), B = t(wrong), Operator = ArithmeticOperator.Add }));
        trial.Rejects((k, t) => k.Run(new ArithmeticForward { Y = t(other), A = t(a), B = t(a), Operator = ArithmeticOperator.Add }));
        trial.Rejects((k, t) => k.Run(new ArithmeticBackward { DA = t(other), DY = t(a), A = t(a), B = t(a), Operator = ArithmeticOperator.Add }));
    }

    private void Check(string device, int rows, int cols, ArithmeticOperator op, bool isRow)
    {
        using Trial trial = devices.On(device);
        string what = $"{op}{(isRow ? " of one row" : "")}";
        var shape = new Shape(rows, cols);
        // Far from 0: a quotient's rounding is as large as the quotient.
        Operand a = trial.Normal(shape), b = trial.Normal(isRow ? new(cols) : shape, 0.2, 2), y = trial.Output(shape), dy = trial.Normal(shape);
        Operand da = trial.Normal(shape), db = trial.Normal(b.Shape);
        trial.Run((k, t) => k.Run(new ArithmeticForward { Y = t(y), A = t(a), B = t(b), Operator = op }));
        trial.Matches(y, Tolerance.Elementwise, $"y of {what}");
        trial.Run((k, t) => k.Run(new ArithmeticBackward { DA = t(da), DB = t(db), DY = t(dy), A = t(a), B = t(b), Operator = op }));
        trial.Matches(da, Tolerance.Derivative, $"da of {what}");
        trial.Matches(db, isRow ? Tolerance.Sum(rows) : Tolerance.Derivative, $"db of {what}");
        trial.Run((k, t) => k.Run(new ArithmeticForward { Y = t(a), A = t(a), B = t(b), Operator = op }));
        trial.Matches(a, Tolerance.Elementwise, $"y of {what} in place");
    }
}
