using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

[Collection("devices")]
public sealed class SequenceSumsConformance(DeviceFixture devices)
{
    private static readonly (int[] Offsets, int Cols)[] Shapes = [([0, 1], 1), ([0, 1, 40], 31), ([0, 33], 32), ([0, 3, 4, 20], 33), ([0, 300], 7), ([0, 5, 9], 768), ([0, 2], 4099)];

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void ForwardAndBackwardMatch(string device)
    {
        foreach ((int[] offsets, int cols) in devices.Fitting(device, Shapes, shape => (long)shape.Offsets[^1] * shape.Cols))
        {
            foreach (bool isMean in new[] { false, true })
            {
                using Trial trial = devices.On(device);
                int tokens = offsets[^1], sequences = offsets.Length - 1;
                Operand x = trial.Normal(new(tokens, cols)), y = trial.Output(new(sequences, cols)), at = trial.Ints(offsets);
                Operand dx = trial.Normal(new(tokens, cols)), dy = trial.Normal(new(sequences, cols));
                trial.Run((k, t) => k.Run(new SequenceSumForward { Y = t(y), X = t(x), Offsets = t(at), IsMean = isMean }));
                trial.Matches(y, Tolerance.Sum(tokens), "y");
                trial.Run((k, t) => k.Run(new SequenceSumBackward { DX = t(dx), DY = t(dy), Offsets = t(at), IsMean = isMean }));
                trial.Matches(dx, Tolerance.Elementwise, "dx");
            }
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void NaNStaysInItsSequenceAndColumn(string device)
    {
        using Trial trial = devices.On(device);
        Operand x = trial.Normal(new(9, 20)), y = trial.Output(new(3, 20)), at = trial.Ints(0, 2, 7, 9);
        trial.Set(x, 4 * 20 + 5, float.NaN);
        trial.Run((k, t) => k.Run(new SequenceSumForward { Y = t(y), X = t(x), Offsets = t(at), IsMean = true }));
        Assert.Equal([20 + 5], trial.Result(y).Index().Where(e => float.IsNaN(e.Item)).Select(e => e.Index));
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void WrongArgumentsAreRejected(string device)
    {
        using Trial trial = devices.On(device);
        Operand x = trial.Normal(new(6, 4)), y = trial.Normal(new(2, 4)), other = trial.Normal(new(3, 4)), at = trial.Ints(0, 2, 6), empty = trial.Ints(0, 6, 6);
        trial.Rejects((k, t) => k.Run(new SequenceSumForward { Y = t(other), X = t(x), Offsets = t(at), IsMean = true }));
        trial.Rejects((k, t) => k.Run(new SequenceSumBackward { DX = t(x), DY = t(other), Offsets = t(at), IsMean = true }));
        trial.RejectsIndex((k, t) => k.Run(new SequenceSumForward { Y = t(y), X = t(x), Offsets = t(empty), IsMean = true }));
    }
}
