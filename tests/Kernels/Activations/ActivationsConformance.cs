using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

[Collection("devices")]
public sealed class ActivationsConformance(DeviceFixture devices)
{
    private static readonly Activation[] Functions = [Activation.Gelu, Activation.GeluTanh, Activation.Tanh, Activation.Relu, Activation.Silu, Activation.QuickGelu];

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void ForwardMatches(string device)
    {
        foreach (Activation f in Functions)
        {
            foreach (int n in Devices.Dimensions)
            {
                using Trial trial = devices.On(device, (uint)n);
                Operand y = trial.Output(new(2, n)), x = trial.Normal(new(2, n), 3);
                trial.Run((k, t) => k.Run(new ActivationForward { Y = t(y), X = t(x), Activation = f }));
                trial.Matches(y, Tolerance.Elementwise, $"{f}");
                trial.Run((k, t) => k.Run(new ActivationForward { Y = t(x), X = t(x), Activation = f }));
                trial.Matches(x, Tolerance.Elementwise, $"{f} in place");
            }
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void BackwardMatches(string device)
    {
        foreach (Activation f in Functions)
        {
            foreach (int n in Devices.Dimensions)
            {
                using Trial trial = devices.On(device, (uint)n);
                Operand dx = trial.Normal(new(2, n)), dy = trial.Normal(new(2, n)), x = trial.Normal(new(2, n), 3);
                trial.Run((k, t) => k.Run(new ActivationBackward { DX = t(dx), DY = t(dy), X = t(x), Activation = f }));
                trial.Matches(dx, Tolerance.Derivative, $"gradient of {f}");
            }
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void SpecialNumbersMatch(string device)
    {
        float[] special =
        [
            0, -0f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.Epsilon, -float.Epsilon, 1e-38f, -1e-38f, 1e-20f,
            float.MaxValue, float.MinValue, 88, -88, 104, -104, 13.1f, -13.1f, 14.6f, -14.6f, 20, -20, 1e10f, -1e10f,
        ];
        foreach (Activation f in Functions)
        {
            using Trial trial = devices.On(device);
            Operand y = trial.Output(new(special.Length)), x = trial.Floats(new(special.Length), special);
            trial.Run((k, t) => k.Run(new ActivationForward { Y = t(y), X = t(x), Activation = f }));
            trial.Matches(y, Tolerance.Elementwise, $"{f}");
            // Derivatives at ±∞ are 0·∞ in the formulas: left open.
            float[] slopes = [.. special.Where(v => !float.IsInfinity(v))];
            Operand dx = trial.Floats(new(slopes.Length), new float[slopes.Length]), at = trial.Floats(new(slopes.Length), slopes);
            Operand dy = trial.Floats(new(slopes.Length), [.. slopes.Select(_ => 1f)]);
            trial.Run((k, t) => k.Run(new ActivationBackward { DX = t(dx), DY = t(dy), X = t(at), Activation = f }));
            trial.Matches(dx, Tolerance.Elementwise, $"derivative of {f}");
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void WrongArgumentsAreRejected(string device)
    {
        using Trial trial = devices.On(device);
        Operand x = trial.Normal(new(4, 6)), other = trial.Normal(new(6, 4));
        trial.Rejects((k, t) => k.Run(new ActivationForward { Y = t(other), X = t(x), Activation = Activation.Gelu }));
        trial.Rejects((k, t) => k.Run(new ActivationForward { Y = default, X = t(x), Activation = Activation.Gelu }));
        trial.Rejects((k, t) => k.Run(new ActivationBackward { DX = t(x), DY = t(other), X = t(x), Activation = Activation.Gelu }));
        trial.Rejects((k, t) => k.Run(new ActivationBackward { DX = t(other), DY = t(x), X = t(x), Activation = Activation.Gelu }));
    }
}
