using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

[Collection("devices")]
public sealed class LinearConformance(DeviceFixture devices)
{
    private static readonly (int Rows, int N, int K)[] Shapes =
        [(1, 1, 1), (1, 33, 768), (31, 32, 33), (33, 31, 32), (130, 70, 65), (768, 5, 31), (4, 4099, 3), (3, 5, 4099)];

    private static readonly Activation[] Functions = [Activation.None, Activation.Gelu, Activation.GeluTanh, Activation.Tanh, Activation.Relu, Activation.Silu, Activation.QuickGelu];

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void ForwardMatches(string device)
    {
        foreach (Activation f in Functions)
        {
            foreach ((int rows, int n, int k) in devices.Fitting(device, Shapes, shape => shape.Rows * (long)shape.N * shape.K / 8))
                Forward(device, rows, n, k, f, left: 0);
            for (int left = 1; left < 4; left++)
                Forward(device, 31, 32, 33, f, left);
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void BackwardMatches(string device)
    {
        foreach ((int rows, int n, int k) in devices.Fitting(device, Shapes, shape => shape.Rows * (long)shape.N * shape.K / 8))
        {
            foreach (Activation f in Functions)
                Backward(device, rows, n, k, f, wanted: 7, overwrite: f == Activation.None);
        }
        for (int wanted = 0; wanted < 7; wanted++)
        {
            Backward(device, 31, 32, 33, Activation.Gelu, wanted, overwrite: true);
            Backward(device, 31, 32, 33, Activation.None, wanted);
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void NaNStaysInItsRow(string device)
    {
        foreach (Activation f in Functions)
        {
            using Trial trial = devices.On(device);
            Operand y = trial.Output(new(20, 33)), x = trial.Normal(new(20, 31)), weight = trial.Normal(new(33, 31)), bias = trial.Normal(new(33));
            Operand u = f == Activation.None ? default : trial.Output(new(20, 33));
            trial.Set(x, 19 * 31 + 30, float.NaN);
            trial.Run((k, t) => k.Run(new LinearForward
            {
                Y = t(y), PreActivation = t(u), X = t(x), Weight = t(weight), Bias = t(bias), Activation = f,
            }));
            trial.Matches(y, Tolerance.Sum(31), $"{f}");
            Assert.Equal(33, trial.Result(y).Count(float.IsNaN));
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void WrongShapesAreRejected(string device)
    {
        using Trial trial = devices.On(device);
        Operand y = trial.Normal(new(4, 5)), x = trial.Normal(new(4, 6)), weight = trial.Normal(new(5, 6)), bias = trial.Normal(new(5)), other = trial.Normal(new(6, 5)), six = trial.Normal(new(6));
        LinearForward Forward(Func<Operand, Tensor> t) => new() { Y = t(y), X = t(x), Weight = t(weight), Bias = t(bias) };
        trial.Rejects((k, t) => k.Run(Forward(t) with { Y = t(x) }));
        trial.Rejects((k, t) => k.Run(Forward(t) with { PreActivation = t(x), Activation = Activation.Gelu }));
        trial.Rejects((k, t) => k.Run(Forward(t) with { Weight = t(other) }));
        trial.Rejects((k, t) => k.Run(Forward(t) with { Bias = t(six) }));
        trial.Rejects((k, t) => k.Run(Forward(t) with { X = t(six) }));
        LinearBackward Backward(Func<Operand, Tensor> t) => new()
        {
            DX = t(x), DWeight = t(weight), DBias = t(bias), DY = t(y), X = t(x), Weight = t(weight),
        };
        trial.Rejects((k, t) => k.Run(Backward(t) with { DX = t(y) }));
        trial.Rejects((k, t) => k.Run(Backward(t) with { DWeight = t(other) }));
        trial.Rejects((k, t) => k.Run(Backward(t) with { DBias = t(six) }));
        trial.Rejects((k, t) => k.Run(Backward(t) with { DY = t(x) }));
        trial.Rejects((k, t) => k.Run(Backward(t) with { Activation = Activation.Gelu }));
        trial.Rejects((k, t) => k.Run(Backward(t) with { PreActivation = t(x), Activation = Activation.Gelu }));
    }

    private void Forward(string device, int rows, int n, int k, Activation f, int left)
    {
        using Trial trial = devices.On(device);
        Operand y = trial.Output(new(rows, n)), u = (left & 1) == 0 ? trial.Output(new(rows, n)) : default;
        Operand x = trial.Normal(new(rows, k)), weight = trial.Normal(new(n, k)), bias = (left & 2) == 0 ? trial.Normal(new(n)) : default;
        trial.Run((kernels, t) => kernels.Run(new LinearForward
        {
            Y = t(y), PreActivation = t(u), X = t(x), Weight = t(weight), Bias = t(bias), Activation = f,
        }));
        trial.Matches(y, Tolerance.Sum(k), $"{f} of a {rows}x{n}x{k} layer");
        if (u.Number != 0)
            trial.Matches(u, Tolerance.Sum(k), "preActivation");
    }

    private void Backward(string device, int rows, int n, int k, Activation f, int wanted, bool overwrite = false)
    {
        using Trial trial = devices.On(device);
        Operand dx = (wanted & 1) != 0 ? trial.Gradient(new(rows, k), overwrite) : default, dweight = (wanted & 2) != 0 ? trial.Normal(new(n, k)) : default;
        Operand dbias = (wanted & 4) != 0 ? trial.Normal(new(n)) : default, u = f == Activation.None ? default : trial.Normal(new(rows, n));
        Operand dy = trial.Normal(new(rows, n)), x = trial.Normal(new(rows, k)), weight = trial.Normal(new(n, k));
        trial.Run((kernels, t) => kernels.Run(new LinearBackward
        {
            DX = t(dx), OverwriteDX = overwrite, DWeight = t(dweight), DBias = t(dbias), DY = t(dy), X = t(x), Weight = t(weight), PreActivation = t(u),
            Activation = f,
        }));
        trial.Matches(dy, Tolerance.Derivative, $"du of {f}");
        if (dx.Number != 0)
            trial.Matches(dx, Tolerance.Sum(n), $"dx of {f}, {rows}x{n}x{k}");
        if (dweight.Number != 0)
            trial.Matches(dweight, Tolerance.Sum(rows), $"dweight of {f}, {rows}x{n}x{k}");
        if (dbias.Number != 0)
            trial.Matches(dbias, Tolerance.Sum(rows), $"dbias of {f}, {rows}x{n}x{k}");
    }
}
