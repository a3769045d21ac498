using BareBert.Samples;
using Xunit;

namespace BareBert.Tests;

/// <summary>An operation that the library does not know, on every device.</summary>
[Collection("devices")]
public sealed class RmsNormConformance(DeviceFixture devices)
{
    private static readonly (int Rows, int Cols)[] Shapes = [(1, 1), (33, 31), (5, 32), (31, 33), (33, 768), (2, 4099), (768, 33)];

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void ForwardMatches(string device)
    {
        foreach ((int rows, int cols) in Fitting(device))
        {
            using Trial trial = devices.On(device);
            Operand y = trial.Output(new(rows, cols)), rstd = trial.Output(new(rows)), x = trial.Normal(new(rows, cols), 2, 0.5), weight = trial.Normal(new(cols), 0.1, 1);
            trial.Run((k, t) => k.Run(new RmsNormForward { Y = t(y), Rstd = t(rstd), X = t(x), Weight = t(weight), Eps = 1e-6 }));
            trial.Matches(y, Tolerance.Normalised, "y");
            trial.Matches(rstd, Tolerance.Normalised, "rstd");
            trial.Run((k, t) => k.Run(new RmsNormForward { Y = t(x), Rstd = t(rstd), X = t(x), Weight = t(weight), Eps = 1e-6 }));
            trial.Matches(x, Tolerance.Normalised, "y in place");
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void BackwardMatches(string device)
    {
        foreach ((int rows, int cols) in Fitting(device))
        {
            for (int wanted = 0; wanted < 4; wanted++)
            {
                using Trial trial = devices.On(device);
                Operand dx = (wanted & 1) != 0 ? trial.Normal(new(rows, cols)) : default, dweight = (wanted & 2) != 0 ? trial.Normal(new(cols)) : default;
                Operand y = trial.Output(new(rows, cols)), rstd = trial.Output(new(rows));
                Operand dy = trial.Normal(new(rows, cols)), x = trial.Normal(new(rows, cols)), weight = trial.Normal(new(cols), 0.1, 1);
                trial.Run((k, t) => k.Run(new RmsNormForward { Y = t(y), Rstd = t(rstd), X = t(x), Weight = t(weight), Eps = 1e-6 }));
                trial.Run((k, t) => k.Run(new RmsNormBackward { DX = t(dx), DWeight = t(dweight), DY = t(dy), X = t(x), Rstd = t(rstd), Weight = t(weight) }));
                if (dx.Number != 0)
                    trial.Matches(dx, Tolerance.Sum(cols), "dx");
                if (dweight.Number != 0)
                    trial.Matches(dweight, Tolerance.Sum(4 * rows), "dweight");
            }
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void WrongShapesAreRejected(string device)
    {
        using Trial trial = devices.On(device);
        Operand x = trial.Normal(new(4, 6)), wide = trial.Normal(new(4, 7)), rows = trial.Normal(new(4)), cols = trial.Normal(new(6));
        RmsNormForward Forward(Func<Operand, Tensor> t) => new() { Y = t(x), Rstd = t(rows), X = t(x), Weight = t(cols), Eps = 0 };
        trial.Rejects((k, t) => k.Run(Forward(t) with { Y = t(wide) }));
        trial.Rejects((k, t) => k.Run(Forward(t) with { Rstd = t(cols) }));
        trial.Rejects((k, t) => k.Run(Forward(t) with { Weight = t(rows) }));
        RmsNormBackward Backward(Func<Operand, Tensor> t) => new() { DX = t(x), DWeight = t(cols), DY = t(x), X = t(x), Rstd = t(rows), Weight = t(cols) };
        trial.Rejects((k, t) => k.Run(Backward(t) with { DX = t(wide) }));
        trial.Rejects((k, t) => k.Run(Backward(t) with { DWeight = t(rows) }));
        trial.Rejects((k, t) => k.Run(Backward(t) with { DY = t(wide) }));
    }

    private IEnumerable<(int Rows, int Cols)> Fitting(string device) => devices.Fitting(device, Shapes, shape => shape.Rows * (shape.Cols + 31L));
}
