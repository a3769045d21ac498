using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

[Collection("devices")]
public sealed class CrossEntropyConformance(DeviceFixture devices)
{
    private static readonly (int Rows, int Classes)[] Shapes = [(1, 1), (9, 2), (1, 5), (300, 5), (33, 31), (32, 32), (31, 33), (5, 768), (2, 4099)];

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void ForwardAndBackwardMatch(string device)
    {
        foreach ((int rows, int classes) in devices.Fitting(device, Shapes, shape => (long)shape.Rows * shape.Classes))
        {
            foreach ((bool weighted, double smoothing) in new[] { (false, 0), (true, 0), (false, 0.1), (true, 0.25) })
            {
                using Trial trial = devices.On(device);
                Operand logits = trial.Normal(new(rows, classes), 4), labels = LabelsOf(trial, rows, classes);
                Operand weights = weighted ? trial.Normal(new(classes), 0.2, 1) : default;
                Operand losses = trial.Output(new(rows)), probs = trial.Output(new(rows, classes)), dlogits = trial.Normal(new(rows, classes));
                trial.Run((k, t) => k.Run(new CrossEntropyForward
                {
                    Losses = t(losses), Probs = t(probs), Logits = t(logits), Labels = t(labels), ClassWeights = t(weights),
                    Smoothing = smoothing,
                }));
                trial.Matches(losses, new Tolerance(1e-6, 2e-6), "losses");
                trial.Matches(probs, new Tolerance(2e-6, 2e-7), "probs");
                trial.Run((k, t) => k.Run(new CrossEntropyBackward
                {
                    DLogits = t(dlogits), Probs = t(probs), Labels = t(labels), Scale = 0.125, ClassWeights = t(weights),
                    Smoothing = smoothing,
                }));
                trial.Matches(dlogits, Tolerance.Elementwise, "dlogits");
                trial.Run((k, t) => k.Run(new CrossEntropyForward
                {
                    Losses = t(losses), Probs = t(logits), Logits = t(logits), Labels = t(labels), ClassWeights = t(weights),
                    Smoothing = smoothing,
                }));
                trial.Matches(losses, new Tolerance(1e-6, 2e-6), "losses of a call in place");
                trial.Matches(logits, new Tolerance(2e-6, 2e-7), "probs in place");
            }
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void LargeLogitsDoNotOverflow(string device)
    {
        using Trial trial = devices.On(device);
        Operand logits = trial.Normal(new(20, 33), 1000), labels = trial.Indices(20, 33), losses = trial.Output(new(20)), probs = trial.Output(new(20, 33));
        trial.Run((k, t) => k.Run(new CrossEntropyForward { Losses = t(losses), Probs = t(probs), Logits = t(logits), Labels = t(labels) }));
        trial.Matches(losses, new Tolerance(1e-6, 1e-3), "losses");
        trial.Matches(probs, new Tolerance(1e-5, 1e-6), "probs");
        Assert.All(trial.Result(losses), loss => Assert.True(float.IsFinite(loss)));
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void MinusInfinityIsProbabilityZero(string device)
    {
        foreach (double smoothing in new[] { 0, 0.1 })
        {
            using Trial trial = devices.On(device);
            Operand logits = trial.Normal(new(2, 40)), labels = trial.Ints(3, 39), losses = trial.Output(new(2)), probs = trial.Output(new(2, 40));
            trial.Set(logits, 7, float.NegativeInfinity);
            trial.Set(logits, 40 + 39, float.NegativeInfinity);
            trial.Run((k, t) => k.Run(new CrossEntropyForward
            {
                Losses = t(losses), Probs = t(probs), Logits = t(logits), Labels = t(labels), Smoothing = smoothing,
            }));
            trial.Matches(losses, new Tolerance(1e-6, 2e-6), "losses");
            trial.Matches(probs, new Tolerance(2e-6, 2e-7), "probs");
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void NaNStaysInItsRow(string device)
    {
        foreach (int classes in new[] { 2, 16, 33 })
        {
            for (int at = 0; at < classes; at++)
            {
                using Trial trial = devices.On(device);
                Operand logits = trial.Normal(new(3, classes)), labels = trial.Indices(3, classes), losses = trial.Output(new(3)), probs = trial.Output(new(3, classes));
                trial.Set(logits, classes + at, float.NaN);
                trial.Run((k, t) => k.Run(new CrossEntropyForward { Losses = t(losses), Probs = t(probs), Logits = t(logits), Labels = t(labels) }));
                trial.Matches(losses, new Tolerance(1e-6, 2e-6), "losses");
                Assert.Equal(classes, trial.Result(probs).Count(float.IsNaN));
            }
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void WrongArgumentsAreRejected(string device)
    {
        using Trial trial = devices.On(device);
        Operand logits = trial.Normal(new(4, 6)), wide = trial.Normal(new(4, 7)), flat = trial.Normal(new(6)), losses = trial.Output(new(4)), probs = trial.Output(new(4, 6));
        Operand labels = trial.Ints(0, 5, Labels.Ignore, 2), three = trial.Ints(0, 1, 2), high = trial.Ints(0, 6, 1, 2), low = trial.Ints(0, -1, 1, 2);
        CrossEntropyForward Forward(Func<Operand, Tensor> t) => new()
        {
            Losses = t(losses), Probs = t(probs), Logits = t(logits), Labels = t(labels),
        };
        trial.Rejects((k, t) => k.Run(Forward(t) with { Losses = t(flat) }));
        trial.Rejects((k, t) => k.Run(Forward(t) with { Probs = t(wide) }));
        trial.Rejects((k, t) => k.Run(Forward(t) with { Logits = t(flat) }));
        trial.Rejects((k, t) => k.Run(Forward(t) with { Labels = t(three) }));
        trial.Rejects((k, t) => k.Run(Forward(t) with { ClassWeights = t(losses) }));
        trial.RejectsIndex((k, t) => k.Run(Forward(t) with { Labels = t(high) }));
        trial.RejectsIndex((k, t) => k.Run(Forward(t) with { Labels = t(low) }));
        CrossEntropyBackward Backward(Func<Operand, Tensor> t) => new() { DLogits = t(logits), Probs = t(probs), Labels = t(labels), Scale = 1 };
        trial.Rejects((k, t) => k.Run(Backward(t) with { DLogits = t(wide) }));
        trial.Rejects((k, t) => k.Run(Backward(t) with { Labels = t(three) }));
        trial.RejectsIndex((k, t) => k.Run(Backward(t) with { Labels = t(high) }));
        trial.Rejects((k, t) => k.Run(Backward(t) with { ClassWeights = t(losses) }));
    }

    private static Operand LabelsOf(Trial trial, int rows, int classes)
    {
        var random = new PhiloxStream(3, 4);
        var labels = new int[rows];
        for (int i = 0; i < rows; i++)
            labels[i] = i % 7 == 3 ? Labels.Ignore : random.NextInt(classes);
        return trial.Ints(labels);
    }
}
