using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

[Collection("devices")]
public sealed class VocabularyCrossEntropyConformance(DeviceFixture devices)
{
    private const double Scale = 0.125;

    private static readonly (int Rows, int V, int C)[] Shapes =
        [(1, 1, 1), (1, 33, 31), (31, 32, 33), (33, 31, 32), (5, 4099, 7), (130, 300, 40), (7, 31, 768), (3, 33, 4099)];

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void LossesPredictionsAndGradientsMatch(string device)
    {
        foreach ((int rows, int v, int c) in devices.Fitting(device, Shapes, shape => shape.Rows * (long)shape.V * shape.C / 8))
            Check(device, rows, v, c, wanted: 15);
        for (int wanted = 0; wanted < 15; wanted++)
            Check(device, 33, 70, 20, wanted);
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void FirstOfEqualLogitsIsPredicted(string device)
    {
        foreach (int v in new[] { 33, 1000 })
        {
            using Trial trial = devices.On(device);
            Operand x = trial.Normal(new(4, 8)), weight = trial.Floats(new(v, 8), new float[8 * v]), labels = trial.Indices(4, v);
            var bias = new float[v];
            bias[v / 2] = bias[v - 1] = 1;
            Operand b = trial.Floats(new(v), bias), losses = trial.Output(new(4)), predictions = trial.Ints(9, 9, 9, 9);
            trial.Run((k, t) => k.Run(new VocabularyLoss
            {
                Losses = t(losses), Predictions = t(predictions), X = t(x), Weight = t(weight), Bias = t(b), Labels = t(labels),
                Scale = Scale,
            }));
            trial.MatchesInts(predictions, "predictions");
            trial.Matches(losses, Tolerance.Sum(8), "losses");
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void NaNStaysInItsRow(string device)
    {
        using Trial trial = devices.On(device);
        Operand x = trial.Normal(new(20, 33)), weight = trial.Normal(new(70, 33)), bias = trial.Normal(new(70)), labels = trial.Indices(20, 70);
        Operand losses = trial.Output(new(20)), dx = trial.Normal(new(20, 33));
        trial.Set(x, 19 * 33 + 32, float.NaN);
        trial.Run((k, t) => k.Run(new VocabularyLoss
        {
            Losses = t(losses), DX = t(dx), X = t(x), Weight = t(weight), Bias = t(bias), Labels = t(labels), Scale = Scale,
        }));
        trial.Matches(losses, Tolerance.Sums(33, 4), "losses");
        trial.Matches(dx, Tolerance.Sums(33, 70), "dx");
        Assert.Equal(1, trial.Result(losses).Count(float.IsNaN));
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void WrongArgumentsAreRejected(string device)
    {
        using Trial trial = devices.On(device);
        Operand x = trial.Normal(new(4, 6)), weight = trial.Normal(new(9, 6)), bias = trial.Normal(new(9)), labels = trial.Ints(0, 8, 3, 3), losses = trial.Output(new(4));
        Operand wide = trial.Normal(new(9, 7)), five = trial.Normal(new(5)), high = trial.Ints(0, 9, 3, 3), three = trial.Ints(0, 1, 2), ignored = trial.Ints(0, 1, 2, Labels.Ignore);
        VocabularyLoss Good(Func<Operand, Tensor> t) => new() { Losses = t(losses), X = t(x), Weight = t(weight), Bias = t(bias), Labels = t(labels), Scale = Scale };
        trial.Rejects((k, t) => k.Run(Good(t) with { Losses = t(five) }));
        trial.Rejects((k, t) => k.Run(Good(t) with { Predictions = t(three) }));
        trial.Rejects((k, t) => k.Run(Good(t) with { DX = t(wide) }));
        trial.Rejects((k, t) => k.Run(Good(t) with { DWeight = t(wide) }));
        trial.Rejects((k, t) => k.Run(Good(t) with { DBias = t(five) }));
        trial.Rejects((k, t) => k.Run(Good(t) with { X = t(five) }));
        trial.Rejects((k, t) => k.Run(Good(t) with { Weight = t(wide) }));
        trial.Rejects((k, t) => k.Run(Good(t) with { Bias = t(five) }));
        trial.Rejects((k, t) => k.Run(Good(t) with { Labels = t(three) }));
        trial.RejectsIndex((k, t) => k.Run(Good(t) with { Labels = t(high) }));
        trial.RejectsIndex((k, t) => k.Run(Good(t) with { Labels = t(ignored) }));
    }

    private void Check(string device, int rows, int v, int c, int wanted)
    {
        using Trial trial = devices.On(device);
        Operand x = trial.Normal(new(rows, c)), weight = trial.Normal(new(v, c), 1 / Math.Sqrt(c)), bias = trial.Normal(new(v)), labels = trial.Indices(rows, v);
        Operand losses = trial.Output(new(rows)), predictions = (wanted & 1) != 0 ? trial.Indices(rows, v) : default;
        Operand dx = (wanted & 2) != 0 ? trial.Normal(new(rows, c)) : default, dweight = (wanted & 4) != 0 ? trial.Normal(new(v, c)) : default;
        Operand dbias = (wanted & 8) != 0 ? trial.Normal(new(v)) : default;
        trial.Run((k, t) => k.Run(new VocabularyLoss
        {
            Losses = t(losses), Predictions = t(predictions), DX = t(dx), DWeight = t(dweight), DBias = t(dbias), X = t(x),
            Weight = t(weight), Bias = t(bias), Labels = t(labels), Scale = Scale,
        }));
        trial.Matches(losses, Tolerance.Sums(8, 8), $"losses of {rows}x{v}x{c}");
        if (predictions.Number != 0)
            trial.MatchesInts(predictions, "predictions");
        if (dx.Number != 0)
            trial.Matches(dx, Tolerance.Sums(8, 8), $"dx of {rows}x{v}x{c}");
        if (dweight.Number != 0)
            trial.Matches(dweight, Tolerance.Sums(8, rows), $"dweight of {rows}x{v}x{c}");
        if (dbias.Number != 0)
            trial.Matches(dbias, Tolerance.Sums(8, rows), $"dbias of {rows}x{v}x{c}");
    }
}
