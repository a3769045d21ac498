using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

[Collection("devices")]
public sealed class SpanCrossEntropyConformance(DeviceFixture devices)
{
    private static readonly int[][] Batches = [[1], [2, 1, 3], [31, 32, 33], [384], [768, 1, 4099, 5]];

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void ForwardAndBackwardMatch(string device)
    {
        foreach (int[] lengths in Batches)
        {
            using Trial trial = devices.On(device);
            (Operand offsets, Operand starts, Operand ends) = Labelled(trial, lengths);
            int tokens = lengths.Sum();
            Operand logits = trial.Normal(new(tokens, 2), 4), dlogits = trial.Normal(new(tokens, 2));
            Operand losses = trial.Output(new(lengths.Length)), probs = trial.Output(new(tokens, 2));
            trial.Run((k, t) => k.Run(new SpanCrossEntropyForward
            {
                Losses = t(losses), Probs = t(probs), Logits = t(logits), Offsets = t(offsets), Starts = t(starts), Ends = t(ends),
            }));
            trial.Matches(losses, new Tolerance(1e-6, 2e-6), "losses");
            trial.Matches(probs, new Tolerance(2e-6, 2e-7), "probs");
            trial.Run((k, t) => k.Run(new SpanCrossEntropyBackward
            {
                DLogits = t(dlogits), Probs = t(probs), Offsets = t(offsets), Starts = t(starts), Ends = t(ends), Scale = 0.125,
            }));
            trial.Matches(dlogits, Tolerance.Elementwise, "dlogits");
            trial.Run((k, t) => k.Run(new SpanCrossEntropyForward
            {
                Losses = t(losses), Probs = t(logits), Logits = t(logits), Offsets = t(offsets), Starts = t(starts), Ends = t(ends),
            }));
            trial.Matches(losses, new Tolerance(1e-6, 2e-6), "losses of a call in place");
            trial.Matches(logits, new Tolerance(2e-6, 2e-7), "probs in place");
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void EachColumnOfEachSequenceSumsToOne(string device)
    {
        using Trial trial = devices.On(device);
        (Operand offsets, Operand starts, Operand ends) = Labelled(trial, [5, 40]);
        Operand logits = trial.Normal(new(45, 2), 1000), losses = trial.Output(new(2)), probs = trial.Output(new(45, 2));
        trial.Run((k, t) => k.Run(new SpanCrossEntropyForward
        {
            Losses = t(losses), Probs = t(probs), Logits = t(logits), Offsets = t(offsets), Starts = t(starts), Ends = t(ends),
        }));
        float[] p = trial.Result(probs);
        foreach ((int first, int end) in new[] { (0, 5), (5, 45) })
        {
            for (int column = 0; column < 2; column++)
            {
                double sum = Enumerable.Range(first, end - first).Sum(row => (double)p[2 * row + column]);
                Assert.True(Math.Abs(sum - 1) <= 1e-5, $"{sum}");
            }
        }
        Assert.All(trial.Result(losses), loss => Assert.True(float.IsFinite(loss)));
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void NaNStaysInItsSequenceAndColumn(string device)
    {
        using Trial trial = devices.On(device);
        Operand offsets = trial.Ints(0, 3, 7), starts = trial.Ints(0, 1), ends = trial.Ints(0, 2);
        Operand logits = trial.Normal(new(7, 2)), losses = trial.Output(new(2)), probs = trial.Output(new(7, 2));
        trial.Set(logits, 2 * 4 + 1, float.NaN);
        trial.Run((k, t) => k.Run(new SpanCrossEntropyForward
        {
            Losses = t(losses), Probs = t(probs), Logits = t(logits), Offsets = t(offsets), Starts = t(starts), Ends = t(ends),
        }));
        trial.Matches(losses, new Tolerance(1e-6, 2e-6), "losses");
        Assert.Equal(4, trial.Result(probs).Count(float.IsNaN));
        Assert.Equal(new[] { false, true }, trial.Result(losses).Select(float.IsNaN));
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void WrongArgumentsAreRejected(string device)
    {
        using Trial trial = devices.On(device);
        Operand offsets = trial.Ints(0, 3, 7), starts = trial.Ints(0, 3), ends = trial.Ints(2, 3), three = trial.Ints(0, 0, 0);
        Operand past = trial.Ints(0, 3, 500), empty = trial.Ints(0, 7, 7), outside = trial.Ints(3, 0), negative = trial.Ints(0, -1), half = trial.Ints(Labels.Ignore, 0);
        Operand logits = trial.Normal(new(7, 2)), wide = trial.Normal(new(7, 3)), losses = trial.Output(new(2)), probs = trial.Output(new(7, 2));
        SpanCrossEntropyForward Forward(Func<Operand, Tensor> t) => new()
        {
            Losses = t(losses), Probs = t(probs), Logits = t(logits), Offsets = t(offsets), Starts = t(starts), Ends = t(ends),
        };
        trial.Rejects((k, t) => k.Run(Forward(t) with { Logits = t(wide) }));
        trial.Rejects((k, t) => k.Run(Forward(t) with { Probs = t(wide) }));
        trial.Rejects((k, t) => k.Run(Forward(t) with { Starts = t(three) }));
        trial.RejectsIndex((k, t) => k.Run(Forward(t) with { Starts = t(outside) }));
        trial.RejectsIndex((k, t) => k.Run(Forward(t) with { Ends = t(negative) }));
        trial.RejectsIndex((k, t) => k.Run(Forward(t) with { Offsets = t(past) }));
        trial.RejectsIndex((k, t) => k.Run(Forward(t) with { Offsets = t(empty) }));
        trial.RejectsIndex((k, t) => k.Run(Forward(t) with { Starts = t(half) }));
        SpanCrossEntropyBackward Backward(Func<Operand, Tensor> t) => new()
        {
            DLogits = t(logits), Probs = t(probs), Offsets = t(offsets), Starts = t(starts), Ends = t(ends), Scale = 1,
        };
        trial.Rejects((k, t) => k.Run(Backward(t) with { DLogits = t(wide) }));
        trial.Rejects((k, t) => k.Run(Backward(t) with { Ends = t(three) }));
        trial.RejectsIndex((k, t) => k.Run(Backward(t) with { Starts = t(outside) }));
        trial.RejectsIndex((k, t) => k.Run(Backward(t) with { Offsets = t(past) }));
    }

    private static (Operand Offsets, Operand Starts, Operand Ends) Labelled(Trial trial, int[] lengths)
    {
        var random = new PhiloxStream(5, 6);
        int[] offsets = new int[lengths.Length + 1], starts = new int[lengths.Length], ends = new int[lengths.Length];
        for (int i = 0; i < lengths.Length; i++)
        {
            offsets[i + 1] = offsets[i] + lengths[i];
            starts[i] = ends[i] = Labels.Ignore;
            if (i % 3 != 2)
                (starts[i], ends[i]) = (random.NextInt(lengths[i]), random.NextInt(lengths[i]));
        }
        return (trial.Ints(offsets), trial.Ints(starts), trial.Ints(ends));
    }
}
