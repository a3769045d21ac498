using BareBert.Kernels;
using BareBert.Simt;
using Xunit;

namespace BareBert.Tests;

/// <summary>Attention on tensor cores, in the interpreter, against Reference.</summary>
public sealed class TensorAttentionTests : IDisposable
{
    private readonly ReferenceKernels<float> _reference = new();

    public void Dispose() => _reference.Dispose();

    public static TheoryData<Precision> Precisions => [Precision.Tf32, Precision.Bf16];

    // Sequence lengths of a batch, heads, head size: tiles of 64 and 128 rows, one row less and more, several of them, heads that fill no tile.
    private static readonly (int[] Lengths, int Heads, int HeadSize)[] Shapes =
    [
        ([1], 1, 4), ([1, 1, 1], 2, 32), ([31], 3, 8), ([63, 1, 64, 65], 1, 64), ([5, 1, 17, 2, 40], 4, 28), ([129], 2, 36), ([1, 200, 128], 1, 64),
    ];

    [Theory, MemberData(nameof(Precisions))]
    public void ForwardAndBackwardMatch(Precision precision)
    {
        using var kernels = new GpuKernels(new EmulatedDevice(), "emulated", precision);
        foreach ((int[] lengths, int heads, int headSize) in Shapes)
        {
            foreach (double rate in new[] { 0, 0.1 })
                Check(kernels, lengths, null, heads, headSize, new DropoutMask(rate, Seed: 99, Step: 4, Op: 2, FirstRow: 8));
        }
    }

    /// <summary>Some tokens ask, none of a sequence, or more than a tile's.</summary>
    [Theory, MemberData(nameof(Precisions))]
    public void SomeQueriesMatch(Precision precision)
    {
        using var kernels = new GpuKernels(new EmulatedDevice(), "emulated", precision);
        foreach ((int[] lengths, int heads, int headSize) in Shapes)
        {
            int[] queries = [.. lengths.Select((length, i) => (i % 3) switch { 0 => (2 * length + 2) / 3, 1 => length, _ => 0 })];
            foreach (double rate in new[] { 0, 0.1 })
                Check(kernels, lengths, queries, heads, headSize, new DropoutMask(rate, Seed: 99, Step: 4, Op: 2, FirstRow: 8));
        }
    }

    [Theory, MemberData(nameof(Precisions))]
    public void NaNStaysInItsSequence(Precision precision)
    {
        using var kernels = new GpuKernels(new EmulatedDevice(), "emulated", precision);
        using Trial trial = On(kernels);
        Operand qkv = trial.Normal(new(45, 3 * 32)), y = trial.Output(new(45, 32)), lse = trial.Output(new(45, 2)), offsets = trial.Ints(0, 20, 33, 45);
        trial.Set(qkv, 25 * 96 + 40, float.NaN); // k of token 25, head 0.
        trial.Run((k, t) => k.Run(new AttentionForward
        {
            Y = t(y), LogSumExp = t(lse), Qkv = t(qkv), Offsets = t(offsets), MaxLength = 20, Heads = 2, Dropout = DropoutMask.None,
        }));
        trial.Matches(y, Rounded(precision, 4), "y");
        trial.Matches(lse, Rounded(precision, 4), "logSumExp");
        Assert.Equal(13 * 16, trial.Result(y).Count(float.IsNaN));
    }

    [Theory, MemberData(nameof(Precisions))]
    public void LargeScoresDoNotOverflow(Precision precision)
    {
        using var kernels = new GpuKernels(new EmulatedDevice(), "emulated", precision);
        using Trial trial = On(kernels);
        Operand qkv = trial.Normal(new(50, 3 * 32), 20), y = trial.Output(new(50, 32)), lse = trial.Output(new(50, 2)), offsets = trial.Ints(0, 20, 50);
        trial.Run((k, t) => k.Run(new AttentionForward
        {
            Y = t(y), LogSumExp = t(lse), Qkv = t(qkv), Offsets = t(offsets), MaxLength = 30, Heads = 2, Dropout = DropoutMask.None,
        }));
        // Scores of some 1000, of which the operands' rounding leaves eight or eleven bits.
        trial.Matches(lse, Rounded(precision, 1000), "logSumExp");
        Assert.All(trial.Result(y), value => Assert.True(float.IsFinite(value)));
    }

    [Theory, MemberData(nameof(Precisions))]
    public void SharedMemoryIsReadAndWrittenWithoutBankConflicts(Precision precision)
    {
        var device = new RecordingDevice(new EmulatorOptions { CountBankConflicts = true });
        using var kernels = new GpuKernels(device, "emulated", precision);
        Check(kernels, [200], null, 1, 64, new DropoutMask(0.1, Seed: 99));
        // Forward, delta, keys and values, queries.
        Assert.Equal(4, device.Launches.Count);
        Assert.All(device.Launches, launch => Assert.Empty(launch.Statistics.BankConflicts));
    }

    [Theory]
    [InlineData(72, true)]
    [InlineData(30, true)]
    [InlineData(32, false)]
    public void LargeHeadsAndUnalignedRowsAreMadeInFloat32(int headSize, bool aligned)
    {
        using var kernels = new GpuKernels(new EmulatedDevice(), "emulated", Precision.Bf16);
        using Trial trial = On(kernels, aligned);
        Operand qkv = trial.Normal(new(40, 3 * headSize)), y = trial.Output(new(40, headSize)), lse = trial.Output(new(40, 1)), offsets = trial.Ints(0, 33, 40);
        trial.Run((k, t) => k.Run(new AttentionForward
        {
            Y = t(y), LogSumExp = t(lse), Qkv = t(qkv), Offsets = t(offsets), MaxLength = 33, Heads = 1, Dropout = DropoutMask.None,
        }));
        trial.Matches(y, Tolerance.Sums(headSize, 33), "y");
    }

    private Trial On(GpuKernels kernels, bool aligned = true) =>
        new(_reference, kernels, bitForBit: false, $"emulated, {kernels.Precision}", seed: 1) { IsAligned = aligned };

    // Operands are off by half a unit of their last place, results by a few times that, because errors of many operands average out.
    private static Tolerance Rounded(Precision precision, double times)
    {
        double unit = times * (precision == Precision.Bf16 ? 1.0 / 256 : 1.0 / 2048);
        return new Tolerance(unit, unit);
    }

    // queries: how many of each sequence; null: every token asks.
    private void Check(GpuKernels kernels, int[] lengths, int[]? queries, int heads, int headSize, DropoutMask dropout)
    {
        using Trial trial = On(kernels);
        Tolerance output = Rounded(kernels.Precision, 4);
        new AttentionTrial(lengths, queries, heads, headSize, dropout).Check(trial, dropout.IsNone, dropout.IsNone, output, output, Rounded(kernels.Precision, 8));
    }
}
