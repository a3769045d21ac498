using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

[Collection("devices")]
public sealed class LayerNormConformance(DeviceFixture devices)
{
    private const double Eps = 1e-12;
    private const double Dropped = 0.1;

    private static readonly (int Rows, int Cols)[] Shapes =
        [(1, 1), (3, 1), (33, 31), (5, 32), (31, 33), (1, 768), (33, 768), (2, 4099), (768, 33), (4099, 7)];

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void ForwardMatches(string device)
    {
        foreach ((int rows, int cols) in devices.Fitting(device, Shapes, shape => shape.Rows * (shape.Cols + 31L)))
        {
            using Trial trial = devices.On(device);
            Operand y = trial.Output(new(rows, cols)), mean = trial.Output(new(rows)), rstd = trial.Output(new(rows));
            Operand x = trial.Normal(new(rows, cols), 2, 0.5), weight = trial.Normal(new(cols), 0.1, 1), bias = trial.Normal(new(cols));
            trial.Run((k, t) => k.Run(new LayerNormForward
            {
                Y = t(y), Mean = t(mean), Rstd = t(rstd), X = t(x), Weight = t(weight), Bias = t(bias), Eps = Eps,
            }));
            trial.Matches(y, Tolerance.Normalised, "y");
            trial.Matches(mean, Tolerance.Normalised, "mean");
            trial.Matches(rstd, Tolerance.Normalised, "rstd");
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void ForwardInPlace(string device)
    {
        using Trial trial = devices.On(device);
        Operand x = trial.Normal(new(7, 33)), mean = trial.Output(new(7)), rstd = trial.Output(new(7));
        Operand weight = trial.Normal(new(33)), bias = trial.Normal(new(33));
        trial.Run((k, t) => k.Run(new LayerNormForward
        {
            Y = t(x), Mean = t(mean), Rstd = t(rstd), X = t(x), Weight = t(weight), Bias = t(bias), Eps = Eps,
        }));
        trial.Matches(x, Tolerance.Normalised, "y");
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void FarFromZeroKeepsItsSpread(string device)
    {
        // The textbook's E[x²] − E[x]² would lose all digits here. What is left is x's own rounding: 6e-5 at 1000.
        using Trial trial = devices.On(device);
        Operand y = trial.Output(new(9, 768)), mean = trial.Output(new(9)), rstd = trial.Output(new(9));
        Operand x = trial.Normal(new(9, 768), 1, 1000), weight = trial.Normal(new(768), 0.1, 1), bias = trial.Normal(new(768));
        trial.Run((k, t) => k.Run(new LayerNormForward
        {
            Y = t(y), Mean = t(mean), Rstd = t(rstd), X = t(x), Weight = t(weight), Bias = t(bias), Eps = Eps,
        }));
        trial.Matches(y, new Tolerance(2e-4, 1e-4), "y");
        trial.Matches(rstd, Tolerance.Normalised, "rstd");
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void BackwardMatches(string device)
    {
        foreach ((int rows, int cols) in devices.Fitting(device, Shapes, shape => shape.Rows * (shape.Cols + 31L)).Where(shape => shape.Cols > 1))
        {
            foreach (bool overwrite in new[] { false, true })
            {
                using Trial trial = devices.On(device);
                Operand dx = trial.Gradient(new(rows, cols), overwrite), dweight = trial.Normal(new(cols)), dbias = trial.Normal(new(cols));
                Operand dy = trial.Normal(new(rows, cols)), x = trial.Normal(new(rows, cols), 2, 0.5), weight = trial.Normal(new(cols), 0.1, 1);
                (Operand mean, Operand rstd) = Statistics(trial, x, weight, rows);
                trial.Run((k, t) => k.Run(new LayerNormBackward
                {
                    DX = t(dx), OverwriteDX = overwrite, DWeight = t(dweight), DBias = t(dbias), DY = t(dy), X = t(x), Mean = t(mean), Rstd = t(rstd),
                    Weight = t(weight),
                }));
                trial.Matches(dx, Tolerance.Normalised, "dx");
                trial.Matches(dweight, Tolerance.Sum(4 * rows), "dweight");
                trial.Matches(dbias, Tolerance.Sum(rows), "dbias");
            }
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void ResidualForwardMatches(string device)
    {
        foreach ((int rows, int cols) in devices.Fitting(device, Shapes, shape => shape.Rows * (shape.Cols + 31L)))
        {
            foreach (double rate in new[] { 0, Dropped, 0.5 })
            {
                using Trial trial = devices.On(device);
                var dropout = new DropoutMask(rate, Seed: 0x1234_5678_9ABC, Step: 3, Op: 9, FirstRow: 5);
                Operand y = trial.Output(new(rows, cols)), sum = trial.Output(new(rows, cols)), mean = trial.Output(new(rows)), rstd = trial.Output(new(rows));
                Operand residual = trial.Normal(new(rows, cols)), branch = trial.Normal(new(rows, cols));
                Operand weight = trial.Normal(new(cols), 0.1, 1), bias = trial.Normal(new(cols));
                trial.Run((k, t) => k.Run(new ResidualLayerNormForward
                {
                    Y = t(y), Sum = t(sum), Mean = t(mean), Rstd = t(rstd), Residual = t(residual), Branch = t(branch),
                    Weight = t(weight), Bias = t(bias), Eps = Eps, Dropout = dropout,
                }));
                trial.Matches(sum, Tolerance.Elementwise, "sum");
                trial.Matches(mean, Tolerance.Normalised, "mean");
                if (cols > 1)
                {
                    trial.Matches(rstd, Tolerance.Normalised, "rstd");
                    trial.Matches(y, Tolerance.Normalised, "y");
                }
            }
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void ResidualForwardMayWriteItsSumOverTheBranch(string device)
    {
        using Trial trial = devices.On(device);
        Operand y = trial.Output(new(9, 130)), branch = trial.Normal(new(9, 130)), mean = trial.Output(new(9)), rstd = trial.Output(new(9));
        Operand residual = trial.Normal(new(9, 130)), weight = trial.Normal(new(130)), bias = trial.Normal(new(130));
        trial.Run((k, t) => k.Run(new ResidualLayerNormForward
        {
            Y = t(y), Sum = t(branch), Mean = t(mean), Rstd = t(rstd), Residual = t(residual), Branch = t(branch), Weight = t(weight),
            Bias = t(bias), Eps = Eps, Dropout = new DropoutMask(Dropped),
        }));
        trial.Matches(y, Tolerance.Normalised, "y");
        trial.Matches(branch, Tolerance.Elementwise, "sum");
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void ResidualBackwardMatches(string device)
    {
        foreach ((int rows, int cols) in devices.Fitting(device, Shapes, shape => shape.Rows * (shape.Cols + 31L)).Where(shape => shape.Cols > 1))
        {
            foreach (double rate in new[] { 0, Dropped })
            {
                using Trial trial = devices.On(device);
                var dropout = new DropoutMask(rate, Seed: 42, Step: 1, Op: 2);
                Operand dresidual = trial.Gradient(new(rows, cols), overwrite: rate > 0), dbranch = trial.Gradient(new(rows, cols), overwrite: rate > 0);
                Operand dweight = trial.Normal(new(cols)), dbias = trial.Normal(new(cols));
                Operand dy = trial.Normal(new(rows, cols)), sum = trial.Normal(new(rows, cols)), weight = trial.Normal(new(cols), 0.1, 1);
                (Operand mean, Operand rstd) = Statistics(trial, sum, weight, rows);
                trial.Run((k, t) => k.Run(new ResidualLayerNormBackward
                {
                    DResidual = t(dresidual), OverwriteDResidual = rate > 0, DBranch = t(dbranch), OverwriteDBranch = rate > 0,
                    DWeight = t(dweight), DBias = t(dbias), DY = t(dy), Sum = t(sum), Mean = t(mean), Rstd = t(rstd), Weight = t(weight), Dropout = dropout,
                }));
                trial.Matches(dresidual, Tolerance.Normalised, "dresidual");
                trial.Matches(dbranch, Tolerance.Normalised, "dbranch");
                trial.Matches(dweight, Tolerance.Sum(4 * rows), "dweight");
                trial.Matches(dbias, Tolerance.Sum(rows), "dbias");
            }
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void GradientsMayBeLeftOutAndEachMayBeOverwritten(string device)
    {
        for (int wanted = 0; wanted < 64; wanted++)
        {
            bool overResidual = (wanted & 16) != 0, overBranch = (wanted & 32) != 0;
            using Trial trial = devices.On(device);
            Operand dy = trial.Normal(new(35, 40)), sum = trial.Normal(new(35, 40)), weight = trial.Normal(new(40));
            Operand dresidual = (wanted & 1) != 0 ? trial.Gradient(new(35, 40), overResidual) : default;
            Operand dbranch = (wanted & 2) != 0 ? trial.Gradient(new(35, 40), overBranch) : default;
            Operand dweight = (wanted & 4) != 0 ? trial.Normal(new(40)) : default, dbias = (wanted & 8) != 0 ? trial.Normal(new(40)) : default;
            (Operand mean, Operand rstd) = Statistics(trial, sum, weight, 35);
            trial.Run((k, t) => k.Run(new ResidualLayerNormBackward
            {
                DResidual = t(dresidual), OverwriteDResidual = overResidual, DBranch = t(dbranch), OverwriteDBranch = overBranch,
                DWeight = t(dweight), DBias = t(dbias), DY = t(dy), Sum = t(sum), Mean = t(mean), Rstd = t(rstd), Weight = t(weight), Dropout = new DropoutMask(Dropped),
            }));
            foreach (Operand gradient in new[] { dresidual, dbranch }.Where(g => g.Number != 0))
                trial.Matches(gradient, Tolerance.Normalised, "gradient");
            foreach (Operand gradient in new[] { dweight, dbias }.Where(g => g.Number != 0))
                trial.Matches(gradient, Tolerance.Sum(140), "gradient");
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void NaNStaysInItsRow(string device)
    {
        using Trial trial = devices.On(device);
        Operand y = trial.Output(new(5, 40)), sum = trial.Output(new(5, 40)), mean = trial.Output(new(5)), rstd = trial.Output(new(5));
        Operand residual = trial.Normal(new(5, 40)), branch = trial.Normal(new(5, 40)), weight = trial.Normal(new(40)), bias = trial.Normal(new(40));
        trial.Set(branch, 2 * 40 + 39, float.NaN);
        trial.Run((k, t) => k.Run(new ResidualLayerNormForward
        {
            Y = t(y), Sum = t(sum), Mean = t(mean), Rstd = t(rstd), Residual = t(residual), Branch = t(branch), Weight = t(weight),
            Bias = t(bias), Eps = Eps, Dropout = new DropoutMask(0.5),
        }));
        trial.Matches(y, Tolerance.Normalised, "y");
        Assert.Equal(40, trial.Result(y).Count(float.IsNaN));
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void WrongShapesAreRejected(string device)
    {
        using Trial trial = devices.On(device);
        Operand x = trial.Normal(new(4, 6)), wide = trial.Normal(new(4, 7)), flat = trial.Normal(new(24)), rows = trial.Normal(new(4)), cols = trial.Normal(new(6));
        Operand y = trial.Output(new(4, 6)), other = trial.Normal(new(5));
        LayerNormForward Forward(Func<Operand, Tensor> t) => new()
        {
            Y = t(y), Mean = t(rows), Rstd = t(rows), X = t(x), Weight = t(cols), Bias = t(cols), Eps = Eps,
        };
        trial.Rejects((k, t) => k.Run(Forward(t) with { Y = t(wide) }));
        trial.Rejects((k, t) => k.Run(Forward(t) with { Mean = t(other) }));
        trial.Rejects((k, t) => k.Run(Forward(t) with { Rstd = t(other) }));
        trial.Rejects((k, t) => k.Run(Forward(t) with { Weight = t(rows) }));
        trial.Rejects((k, t) => k.Run(Forward(t) with { Bias = t(rows) }));
        trial.Rejects((k, t) => k.Run(Forward(t) with { Y = t(flat), X = t(flat) }));
        trial.Rejects((k, t) => k.Run(Forward(t) with { Mean = default }));

        LayerNormBackward Backward(Func<Operand, Tensor> t) => new()
        {
            DX = t(y), DWeight = t(cols), DBias = t(cols), DY = t(x), X = t(x), Mean = t(rows), Rstd = t(rows), Weight = t(cols),
        };
        trial.Rejects((k, t) => k.Run(Backward(t) with { DX = t(wide) }));
        trial.Rejects((k, t) => k.Run(Backward(t) with { DWeight = t(rows) }));
        trial.Rejects((k, t) => k.Run(Backward(t) with { DBias = t(rows) }));
        trial.Rejects((k, t) => k.Run(Backward(t) with { DY = t(wide) }));

        ResidualLayerNormForward Residual(Func<Operand, Tensor> t) => new()
        {
            Y = t(y), Sum = t(y), Mean = t(rows), Rstd = t(rows), Residual = t(x), Branch = t(x), Weight = t(cols), Bias = t(cols),
            Eps = Eps, Dropout = DropoutMask.None,
        };
        trial.Rejects((k, t) => k.Run(Residual(t) with { Residual = t(wide) }));
        trial.Rejects((k, t) => k.Run(Residual(t) with { Branch = t(wide) }));
        trial.Rejects((k, t) => k.Run(new ResidualLayerNormBackward
        {
            DResidual = t(y), DBranch = t(wide), DWeight = t(cols), DBias = t(cols), DY = t(x), Sum = t(x), Mean = t(rows),
            Rstd = t(rows), Weight = t(cols), Dropout = DropoutMask.None,
        }));
    }

    private static (Operand Mean, Operand Rstd) Statistics(Trial trial, Operand x, Operand weight, int rows)
    {
        Operand y = trial.Output(x.Shape), mean = trial.Output(new(rows)), rstd = trial.Output(new(rows));
        trial.Run((k, t) => k.Run(new LayerNormForward
        {
            Y = t(y), Mean = t(mean), Rstd = t(rstd), X = t(x), Weight = t(weight), Bias = t(weight), Eps = Eps,
        }));
        return (mean, rstd);
    }
}
