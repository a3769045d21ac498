using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

[Collection("devices")]
public sealed class AdamWConformance(DeviceFixture devices)
{
    private static readonly AdamWOptions Options = new(1e-3, 0.9, 0.999, 1e-8, 0.01, Step: 3);

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void StepMatches(string device)
    {
        foreach (int n in (int[])[.. Devices.Dimensions, 20_001])
        {
            foreach ((double clip, int step) in new[] { (0.0, 1), (1.0, 3), (1e9, 100_000) })
            {
                using Trial trial = devices.On(device);
                Operand w = trial.Normal(new(n)), g = trial.Normal(new(n)), m = trial.Normal(new(n), 0.1), v = Squares(trial, n);
                Operand norm = clip == 0 ? default : trial.Floats(new(1), [n]);
                trial.Run((k, t) => k.Run(new AdamW
                {
                    Weight = t(w), Gradient = t(g), M = t(m), V = t(v), SumOfSquares = t(norm),
                    Options = Options with { ClipNorm = clip, Step = step },
                }));
                trial.Matches(w, Tolerance.Elementwise, "weight");
                trial.Matches(m, Tolerance.Elementwise, "m");
                trial.Matches(v, Tolerance.Elementwise, "v");
                trial.Matches(g, Tolerance.Exact, "gradient");
                Assert.All(trial.Result(g), value => Assert.Equal(0, value));
            }
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void ExtremeGradientsMatch(string device)
    {
        float[] gradients = [0, 1e-30f, -1e-22f, 1e-10f, 1e10f, -1e18f, 3e19f, float.Epsilon];
        using Trial trial = devices.On(device);
        int n = gradients.Length;
        Operand w = trial.Normal(new(n)), g = trial.Floats(new(n), gradients), m = trial.Floats(new(n), new float[n]), v = trial.Floats(new(n), new float[n]);
        trial.Run((k, t) => k.Run(new AdamW { Weight = t(w), Gradient = t(g), M = t(m), V = t(v), Options = Options with { Step = 1 } }));
        trial.Matches(w, new Tolerance(1e-6, 1e-6), "weight");
        trial.Matches(m, Tolerance.Elementwise, "m");
        trial.Matches(v, Tolerance.Elementwise, "v");
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void NaNReachesTheWeight(string device)
    {
        using Trial trial = devices.On(device);
        Operand w = trial.Normal(new(40)), g = trial.Normal(new(40)), m = trial.Normal(new(40)), v = Squares(trial, 40);
        trial.Set(g, 37, float.NaN);
        trial.Run((k, t) => k.Run(new AdamW { Weight = t(w), Gradient = t(g), M = t(m), V = t(v), Options = Options }));
        foreach (Operand result in new[] { w, m, v })
            Assert.Equal([37], trial.Result(result).Index().Where(e => float.IsNaN(e.Item)).Select(e => e.Index));
    }

    /// <summary>A step whose gradient is not finite is skipped: weights and moments keep their bits.</summary>
    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void AGradientThatIsNotFiniteChangesNothing(string device)
    {
        foreach (float sumOfSquares in new[] { float.NaN, float.PositiveInfinity })
        {
            foreach (double clip in new[] { 0.0, 1.0 })
            {
                using Trial trial = devices.On(device);
                Operand w = trial.Normal(new(41)), g = trial.Normal(new(41)), m = trial.Normal(new(41)), v = Squares(trial, 41);
                float[][] before = [trial.Result(w), trial.Result(m), trial.Result(v)];
                Operand norm = trial.Floats(new(1), [sumOfSquares]);
                trial.Run((k, t) => k.Run(new AdamW
                {
                    Weight = t(w), Gradient = t(g), M = t(m), V = t(v), SumOfSquares = t(norm),
                    Options = Options with { ClipNorm = clip },
                }));
                Assert.Equal(before, [trial.Result(w), trial.Result(m), trial.Result(v)]);
                Assert.All(trial.Result(g), value => Assert.Equal(0, value));
            }
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void WrongShapesAreRejected(string device)
    {
        using Trial trial = devices.On(device);
        Operand x = trial.Normal(new(4)), other = trial.Normal(new(5));
        AdamW Good(Func<Operand, Tensor> t) => new() { Weight = t(x), Gradient = t(x), M = t(x), V = t(x), Options = Options };
        trial.Rejects((k, t) => k.Run(Good(t) with { Weight = t(other) }));
        trial.Rejects((k, t) => k.Run(Good(t) with { Gradient = t(other) }));
        trial.Rejects((k, t) => k.Run(Good(t) with { M = t(other) }));
        trial.Rejects((k, t) => k.Run(Good(t) with { V = t(other) }));
        trial.Rejects((k, t) => k.Run(Good(t) with { SumOfSquares = t(other) }));
        trial.Rejects((k, t) => k.Run(Good(t) with { Options = Options with { ClipNorm = 1 } }));
    }

    private static Operand Squares(Trial trial, int n)
    {
        var random = new PhiloxStream(1, 2);
        var values = new float[n];
        for (int i = 0; i < n; i++)
            values[i] = (float)(0.01 * Math.Pow(random.NextNormal(), 2));
        return trial.Floats(new(n), values);
    }
}
