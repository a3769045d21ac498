using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>Attention on the CPU where its blocks, its online softmax and its threads could go wrong.</summary>
public class AttentionTests
{
    [Theory]
    [InlineData(1, 1, new[] { 1 })]
    [InlineData(2, 3, new[] { 1, 1, 2 })]
    [InlineData(1, 31, new[] { 33, 13, 14, 15 })]
    [InlineData(3, 32, new[] { 127, 128, 129 })]
    [InlineData(2, 33, new[] { 5, 260, 16, 17 })]
    [InlineData(2, 64, new[] { 128, 512, 97 })]
    [InlineData(1, 128, new[] { 140, 1 })]
    [InlineData(1, 129, new[] { 40, 130 })]
    [InlineData(1, 300, new[] { 131 })]
    public void AgreesWithReference(int heads, int headSize, int[] lengths)
    {
        foreach (double rate in new[] { 0, 0.1 })
        {
            AttentionCase expected = new AttentionCase(heads, headSize, lengths, rate).RunOn(new ReferenceKernels<float>());
            AttentionCase actual = new AttentionCase(heads, headSize, lengths, rate).RunOn(new CpuKernels(2));
            AssertClose(expected.Y, actual.Y, 2e-5);
            AssertClose(expected.LogSumExp, actual.LogSumExp, 2e-5);
            AssertClose(expected.DQkv, actual.DQkv, 5e-5);
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
