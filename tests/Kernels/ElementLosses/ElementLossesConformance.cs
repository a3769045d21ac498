using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

[Collection("devices")]
public sealed class ElementLossesConformance(DeviceFixture devices)
{
    private static readonly (int Rows, int Cols)[] Shapes = [(1, 1), (9, 2), (1, 5), (300, 1), (33, 31), (32, 32), (31, 33), (5, 768), (2, 4099)];

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void SigmoidCrossEntropyMatches(string device)
    {
        foreach ((int rows, int cols) in devices.Fitting(device, Shapes, shape => (long)shape.Rows * shape.Cols))
        {
            foreach (bool weighted in new[] { false, true })
            {
                using Trial trial = devices.On(device);
                Operand logits = trial.Normal(new(rows, cols), 4), targets = Flags(trial, rows, cols), losses = trial.Output(new(rows, cols));
                Operand weights = weighted ? trial.Normal(new(cols), 0.2, 3) : default, dlogits = trial.Normal(new(rows, cols));
                trial.Run((k, t) => k.Run(new SigmoidCrossEntropyForward { Losses = t(losses), Logits = t(logits), Targets = t(targets), PositiveWeights = t(weights) }));
                trial.Matches(losses, new Tolerance(2e-6, 1e-6), "losses");
                trial.Run((k, t) => k.Run(new SigmoidCrossEntropyBackward
                {
                    DLogits = t(dlogits), Logits = t(logits), Targets = t(targets), PositiveWeights = t(weights), Scale = 0.125,
                }));
                trial.Matches(dlogits, Tolerance.Elementwise, "dlogits");
                trial.Run((k, t) => k.Run(new SigmoidCrossEntropyForward { Losses = t(logits), Logits = t(logits), Targets = t(targets), PositiveWeights = t(weights) }));
                trial.Matches(logits, new Tolerance(2e-6, 1e-6), "losses in place");
            }
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void SquaredErrorMatches(string device)
    {
        foreach ((int rows, int cols) in devices.Fitting(device, Shapes, shape => (long)shape.Rows * shape.Cols))
        {
            using Trial trial = devices.On(device);
            Operand x = trial.Normal(new(rows, cols), 2), targets = trial.Normal(new(rows, cols), 2), losses = trial.Output(new(rows, cols)), dx = trial.Normal(new(rows, cols));
            trial.Run((k, t) => k.Run(new SquaredErrorForward { Losses = t(losses), X = t(x), Targets = t(targets) }));
            trial.Matches(losses, new Tolerance(2e-6, 1e-6), "losses");
            trial.Run((k, t) => k.Run(new SquaredErrorBackward { DX = t(dx), X = t(x), Targets = t(targets), Scale = 0.125 }));
            trial.Matches(dx, Tolerance.Elementwise, "dx");
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void LargeLogitsDoNotOverflow(string device)
    {
        using Trial trial = devices.On(device);
        Operand logits = trial.Normal(new(20, 33), 1000), targets = Flags(trial, 20, 33), losses = trial.Output(new(20, 33)), dlogits = trial.Normal(new(20, 33));
        trial.Run((k, t) => k.Run(new SigmoidCrossEntropyForward { Losses = t(losses), Logits = t(logits), Targets = t(targets) }));
        trial.Run((k, t) => k.Run(new SigmoidCrossEntropyBackward { DLogits = t(dlogits), Logits = t(logits), Targets = t(targets), Scale = 1 }));
        trial.Matches(losses, new Tolerance(2e-6, 1e-6), "losses");
        trial.Matches(dlogits, Tolerance.Elementwise, "dlogits");
        Assert.All(trial.Result(losses), loss => Assert.True(float.IsFinite(loss)));
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void NaNStaysInItsElement(string device)
    {
        using Trial trial = devices.On(device);
        Operand x = trial.Normal(new(3, 5)), targets = Flags(trial, 3, 5), losses = trial.Output(new(3, 5)), squares = trial.Output(new(3, 5));
        trial.Set(x, 7, float.NaN);
        trial.Run((k, t) => k.Run(new SigmoidCrossEntropyForward { Losses = t(losses), Logits = t(x), Targets = t(targets) }));
        trial.Run((k, t) => k.Run(new SquaredErrorForward { Losses = t(squares), X = t(x), Targets = t(targets) }));
        foreach (Operand result in new[] { losses, squares })
            Assert.Equal([7], Enumerable.Range(0, 15).Where(i => float.IsNaN(trial.Result(result)[i])));
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void WrongShapesAreRejected(string device)
    {
        using Trial trial = devices.On(device);
        Operand x = trial.Normal(new(4, 6)), wide = trial.Normal(new(4, 7)), flat = trial.Normal(new(24)), six = trial.Normal(new(6)), seven = trial.Normal(new(7));
        trial.Rejects((k, t) => k.Run(new SigmoidCrossEntropyForward { Losses = t(wide), Logits = t(x), Targets = t(x), PositiveWeights = t(six) }));
        trial.Rejects((k, t) => k.Run(new SigmoidCrossEntropyForward { Losses = t(x), Logits = t(x), Targets = t(wide) }));
        trial.Rejects((k, t) => k.Run(new SigmoidCrossEntropyForward { Losses = t(flat), Logits = t(flat), Targets = t(flat) }));
        trial.Rejects((k, t) => k.Run(new SigmoidCrossEntropyForward { Losses = t(x), Logits = t(x), Targets = t(x), PositiveWeights = t(seven) }));
        trial.Rejects((k, t) => k.Run(new SigmoidCrossEntropyBackward { DLogits = t(wide), Logits = t(x), Targets = t(x), Scale = 1 }));
        trial.Rejects((k, t) => k.Run(new SquaredErrorForward { Losses = t(wide), X = t(x), Targets = t(x) }));
        trial.Rejects((k, t) => k.Run(new SquaredErrorBackward { DX = t(x), X = t(x), Targets = t(wide), Scale = 1 }));
    }

    // 0, 1, and now and then something between, as smoothing makes it.
    private static Operand Flags(Trial trial, int rows, int cols)
    {
        Operand targets = trial.Normal(new(rows, cols));
        for (int i = 0; i < rows * cols; i++)
            trial.Set(targets, i, i % 7 == 3 ? 0.05f : i % 3 == 0 ? 1 : 0);
        return targets;
    }
}
