using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

[Collection("devices")]
public sealed class DropoutConformance(DeviceFixture devices)
{
    private static readonly (int Rows, int Cols)[] Shapes = [(1, 1), (7, 31), (33, 32), (5, 33), (3, 127), (3, 128), (3, 129), (9, 768), (2, 4099)];

    private static readonly DropoutMask[] Masks =
    [
        DropoutMask.None, new(0.1), new(0.5, Seed: ulong.MaxValue, Step: uint.MaxValue, Op: 7, FirstRow: 12),
        new(0.999, Seed: 0x1_0000_0001, Step: 1_000_000, Op: uint.MaxValue, FirstRow: uint.MaxValue),
    ];

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void MasksAreTheDefinedOnes(string device)
    {
        foreach ((int rows, int cols) in Shapes)
        {
            foreach (DropoutMask mask in Masks)
            {
                using Trial trial = devices.On(device);
                Operand y = trial.Output(new(rows, cols)), x = trial.Floats(new(rows, cols), [.. Enumerable.Repeat(1f, rows * cols)]);
                trial.Run((k, t) => k.Run(new DropoutForward { Y = t(y), X = t(x), Dropout = mask }));
                float[] result = trial.Result(y);
                for (int i = 0; i < result.Length; i++)
                {
                    float expected = mask.IsNone ? 1 : mask.Keeps((uint)(i / cols), (uint)(i % cols)) ? (float)mask.Scale : 0;
                    Assert.True(result[i] == expected, $"{mask} at row {i / cols}, column {i % cols} of {cols}: {result[i]}, not {expected}");
                }
            }
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void ForwardAndBackwardMatch(string device)
    {
        foreach ((int rows, int cols) in Shapes)
        {
            using Trial trial = devices.On(device);
            var mask = new DropoutMask(0.3, Seed: 5, Step: 6, Op: 7);
            Operand y = trial.Output(new(rows, cols)), x = trial.Normal(new(rows, cols)), dx = trial.Normal(new(rows, cols));
            trial.Run((k, t) => k.Run(new DropoutForward { Y = t(y), X = t(x), Dropout = mask }));
            trial.Matches(y, Tolerance.Elementwise, "y");
            trial.Run((k, t) => k.Run(new DropoutBackward { DX = t(dx), DY = t(x), Dropout = mask }));
            trial.Matches(dx, Tolerance.Elementwise, "dx");
            trial.Run((k, t) => k.Run(new DropoutForward { Y = t(x), X = t(x), Dropout = mask }));
            trial.Matches(x, Tolerance.Elementwise, "y in place");
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void DroppedNaNStaysNaN(string device)
    {
        using Trial trial = devices.On(device);
        Operand y = trial.Output(new(2, 130)), x = trial.Floats(new(2, 130), [.. Enumerable.Repeat(float.NaN, 260)]);
        trial.Run((k, t) => k.Run(new DropoutForward { Y = t(y), X = t(x), Dropout = new DropoutMask(0.5) }));
        Assert.All(trial.Result(y), value => Assert.True(float.IsNaN(value)));
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void WrongShapesAreRejected(string device)
    {
        using Trial trial = devices.On(device);
        Operand x = trial.Normal(new(4, 6)), other = trial.Normal(new(6, 4));
        trial.Rejects((k, t) => k.Run(new DropoutForward { Y = t(other), X = t(x), Dropout = new DropoutMask(0.5) }));
        trial.Rejects((k, t) => k.Run(new DropoutBackward { DX = t(other), DY = t(x), Dropout = new DropoutMask(0.5) }));
    }
}
