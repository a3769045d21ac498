using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>Attention on the CPU where its blocks, its online softmax and its threads could go wrong.</summary>
public class AttentionTests
{
    // Lengths around blocks of 128 and tiles of 14 rows, heads around vectors and around the 128 elements of a slab.
    [Theory]
    [InlineData(1, 1, new[] { 1, 200 })]
    [InlineData(2, 3, new[] { 1, 1, 2, 13, 14, 15, 28, 29 })]
    [InlineData(3, 32, new[] { 127, 128, 129 })]
    [InlineData(1, 33, new[] { 5, 260, 16, 17 })]
    [InlineData(1, 64, new[] { 128, 97, 300 })]
    [InlineData(1, 128, new[] { 140, 1 })]
    [InlineData(1, 129, new[] { 40, 130 })]
    [InlineData(1, 300, new[] { 131 })]
    public void AgreesWithReference(int heads, int headSize, int[] lengths)
    {
        foreach (double rate in new[] { 0, 0.1 })
        {
            AttentionCase expected = new AttentionCase(heads, headSize, lengths, rate).RunOn(new ReferenceKernels<float>());
            AttentionCase actual = new AttentionCase(heads, headSize, lengths, rate).RunOn(new CpuKernels(2));
            AssertClose(expected, actual, 2e-5);
        }
    }

    [Fact]
    public void IsBitEqualForAnyNumberOfThreads()
    {
        int[] lengths = [300, 1, 77, 129];
        AttentionCase one = new AttentionCase(2, 40, lengths, 0.1).RunOn(new CpuKernels(1));
        foreach (int threads in new[] { 2, 3, 7 })
        {
            AttentionCase many = new AttentionCase(2, 40, lengths, 0.1).RunOn(new CpuKernels(threads));
            Assert.Equal(one.Y, many.Y);
            Assert.Equal(one.LogSumExp, many.LogSumExp);
            Assert.Equal(one.DQkv, many.DQkv);
        }
    }

    [Fact]
    public void ScoresOfAnySizeDoNotOverflow()
    {
        // Scores around ±1e9: a softmax is one-hot, and its logarithm of the sum is the largest score.
        AttentionCase expected = new AttentionCase(2, 32, [150, 20], scale: 3e4f).RunOn(new ReferenceKernels<float>());
        AttentionCase actual = new AttentionCase(2, 32, [150, 20], scale: 3e4f).RunOn(new CpuKernels(2));
        Assert.All(actual.Y, y => Assert.True(float.IsFinite(y)));
        Assert.All(actual.DQkv, dqkv => Assert.True(float.IsFinite(dqkv)));
        AssertClose(expected.LogSumExp, actual.LogSumExp, 1e-6);
        AssertClose(expected.Y, actual.Y, 1e-5);
    }

    [Fact]
    public void ScoresMayRiseFromBlockToBlock()
    {
        // Each key block's scores are far above those before: what came earlier must be scaled down to nothing.
        var options = new AttentionCase(1, 16, [384], 0.1);
        for (int token = 0; token < 384; token++)
        {
            options.Qkv[token * 48] = 4;
            options.Qkv[token * 48 + 16] = token / 128 * 60;
        }
        AttentionCase actual = options.Copy().RunOn(new CpuKernels(2));
        AssertClose(options.RunOn(new ReferenceKernels<float>()), actual, 3e-5);
    }

    [Fact]
    public void ABlockOfInfinitelyLowScoresCountsForNothing()
    {
        // The first key block's scores are −∞ in float: later blocks decide alone, and nothing becomes NaN.
        var options = new AttentionCase(1, 8, [300]);
        for (int token = 0; token < 300; token++)
        {
            options.Qkv[token * 24] = 1e20f;
            options.Qkv[token * 24 + 8] = token < 128 ? -1e20f : 0;
        }
        AttentionCase actual = options.Copy().RunOn(new CpuKernels(2)), expected = options.RunOn(new ReferenceKernels<float>());
        AssertClose(expected.Y, actual.Y, 1e-5);
        AssertClose(expected.LogSumExp, actual.LogSumExp, 1e-5);
    }

    [Theory]
    [InlineData(0)] // q: its own row.
    [InlineData(1)] // k: every row of the sequence.
    [InlineData(2)] // v: one element of every row.
    public void NaNGoesWhereItsElementDoes(int part)
    {
        var options = new AttentionCase(1, 8, [40, 200, 9]);
        options.Qkv[(40 + 170) * 24 + part * 8 + 3] = float.NaN;
        AttentionCase actual = options.RunOn(new CpuKernels(2));
        for (int i = 0; i < actual.Y.Length; i++)
        {
            int token = i / 8;
            bool inSequence = token is >= 40 and < 240;
            bool expected = part switch { 0 => token == 210, 1 => inSequence, _ => inSequence && i % 8 == 3 };
            Assert.Equal(expected, float.IsNaN(actual.Y[i]));
        }
    }

    [Fact]
    public void OffsetsThatAreNoSequencesAreRefused()
    {
        Assert.Throws<ArgumentException>(() => new AttentionCase(1, 8, [3, 0, 2]).RunOn(new CpuKernels(1)));
        Assert.Throws<ArgumentException>(() => new AttentionCase(1, 8, [3, -1, 2]).RunOn(new CpuKernels(1)));
    }

    private static void AssertClose(AttentionCase expected, AttentionCase actual, double tolerance)
    {
        AssertClose(expected.Y, actual.Y, tolerance);
        AssertClose(expected.LogSumExp, actual.LogSumExp, tolerance);
        AssertClose(expected.DQkv, actual.DQkv, 3 * tolerance);
    }

    private static void AssertClose(float[] expected, float[] actual, double tolerance)
    {
        double scale = expected.Max(x => Math.Abs((double)x));
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs(expected[i] - (double)actual[i]);
            Assert.True(error <= tolerance * Math.Max(1, scale), $"element {i} is {actual[i]}, not {expected[i]}");
        }
    }
}
