using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

[Collection("devices")]
public sealed class MatMulConformance(DeviceFixture devices)
{
    private static readonly (int M, int N, int K)[] Large =
        [(768, 33, 31), (31, 768, 33), (33, 32, 768), (4099, 5, 3), (3, 4099, 5), (5, 3, 4099), (1, 768, 768), (129, 130, 131)];

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void AllTransposesMatch(string device)
    {
        int[] small = [1, 31, 32, 33];
        foreach ((int m, int n, int k) in (from m in small from n in small from k in small select (m, n, k)).Concat(devices.Fitting(device, Large, shape => shape.M * (long)shape.N * shape.K / 8)))
        {
            for (int flags = 0; flags < 4; flags++)
                Check(device, m, n, k, (flags & 1) != 0, (flags & 2) != 0, accumulate: (m + n + k + flags) % 2 == 0);
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void BatchesMatch(string device)
    {
        foreach ((int batch, int m, int n, int k) in new[] { (1, 33, 31, 32), (3, 31, 33, 7), (33, 5, 4, 64) })
        {
            for (int flags = 0; flags < 8; flags++)
            {
                bool transposeA = (flags & 1) != 0, transposeB = (flags & 2) != 0, accumulate = (flags & 4) != 0;
                using Trial trial = devices.On(device);
                Operand c = accumulate ? trial.Normal(new(batch, m, n)) : trial.Output(new(batch, m, n));
                Operand a = trial.Normal(transposeA ? new(batch, k, m) : new(batch, m, k)), b = trial.Normal(transposeB ? new(batch, n, k) : new(batch, k, n));
                trial.Run((kernels, t) => kernels.Run(new MatrixMultiply
                {
                    C = t(c), A = t(a), B = t(b), TransposeA = transposeA, TransposeB = transposeB, Accumulate = accumulate,
                }));
                trial.Matches(c, Tolerance.Sum(k), "c");
            }
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void NaNStaysInItsRow(string device)
    {
        using Trial trial = devices.On(device);
        Operand c = trial.Output(new(33, 40)), a = trial.Normal(new(33, 20)), b = trial.Normal(new(20, 40));
        trial.Set(a, 32 * 20 + 19, float.NaN);
        trial.Run((k, t) => k.Run(new MatrixMultiply { C = t(c), A = t(a), B = t(b) }));
        trial.Matches(c, Tolerance.Sum(20), "c");
        Assert.Equal(40, trial.Result(c).Count(float.IsNaN));
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void WrongShapesAreRejected(string device)
    {
        using Trial trial = devices.On(device);
        Operand a = trial.Normal(new(4, 6)), b = trial.Normal(new(6, 5)), c = trial.Normal(new(4, 5)), flat = trial.Normal(new(20)), batch = trial.Normal(new(1, 4, 6));
        MatrixMultiply Good(Func<Operand, Tensor> t) => new() { C = t(c), A = t(a), B = t(b) };
        trial.Rejects((k, t) => k.Run(Good(t) with { B = t(a) }));
        trial.Rejects((k, t) => k.Run(Good(t) with { A = t(b), B = t(a) }));
        trial.Rejects((k, t) => k.Run(Good(t) with { C = t(a) }));
        trial.Rejects((k, t) => k.Run(Good(t) with { TransposeA = true }));
        trial.Rejects((k, t) => k.Run(Good(t) with { TransposeB = true }));
        trial.Rejects((k, t) => k.Run(Good(t) with { C = t(flat) }));
        trial.Rejects((k, t) => k.Run(Good(t) with { A = t(batch) }));
        trial.Rejects((k, t) => k.Run(Good(t) with { A = default }));
    }

    private void Check(string device, int m, int n, int k, bool transposeA, bool transposeB, bool accumulate)
    {
        using Trial trial = devices.On(device);
        Operand c = accumulate ? trial.Normal(new(m, n)) : trial.Output(new(m, n));
        Operand a = trial.Normal(transposeA ? new(k, m) : new(m, k)), b = trial.Normal(transposeB ? new(n, k) : new(k, n));
        trial.Run((kernels, t) => kernels.Run(new MatrixMultiply
        {
            C = t(c), A = t(a), B = t(b), TransposeA = transposeA, TransposeB = transposeB, Accumulate = accumulate,
        }));
        trial.Matches(c, Tolerance.Sum(k), $"{m}x{n}x{k} {transposeA} {transposeB}: c");
    }
}
