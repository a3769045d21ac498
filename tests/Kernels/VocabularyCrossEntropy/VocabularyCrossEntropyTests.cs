using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>The fused vocabulary loss on the CPU where its chunks, its blocks of columns and its threads could go wrong.</summary>
public class VocabularyCrossEntropyTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 31, 33)]
    [InlineData(5, 513, 32)]
    [InlineData(33, 1025, 8)]
    [InlineData(400, 30522, 2)] // Two chunks.
    public void AgreesWithReference(int rows, int v, int c)
    {
        var options = new VocabularyCase(rows, v, c);
        VocabularyResult expected = options.RunOn(new ReferenceKernels<float>()), actual = options.RunOn(new CpuKernels(2));
        AssertClose(expected.Losses, actual.Losses);
        AssertClose(expected.DX, actual.DX, terms: v);
        AssertClose(expected.DWeight, actual.DWeight);
        AssertClose(expected.DBias, actual.DBias);
        Assert.Equal(expected.Predictions, actual.Predictions);
    }

    [Fact]
    public void IsBitEqualForAnyNumberOfThreads()
    {
        var options = new VocabularyCase(37, 2000, 24);
        VocabularyResult one = options.RunOn(new CpuKernels(1));
        foreach (int threads in new[] { 2, 3, 7 })
        {
            VocabularyResult many = options.RunOn(new CpuKernels(threads));
            Assert.Equal(one.Losses, many.Losses);
            Assert.Equal(one.DX, many.DX);
            Assert.Equal(one.DWeight, many.DWeight);
            Assert.Equal(one.DBias, many.DBias);
        }
    }

    [Fact]
    public void EvaluationGivesTheSameLossesAndPredictions()
    {
        var options = new VocabularyCase(37, 2000, 24);
        VocabularyResult trained = options.RunOn(new CpuKernels(2)), evaluated = options.RunOn(new CpuKernels(2), gradients: false);
        Assert.Equal(trained.Losses, evaluated.Losses);
        Assert.Equal(trained.Predictions, evaluated.Predictions);
        Assert.Empty(evaluated.DX);
    }

    [Fact]
    public void HugeLogitsDoNotOverflow()
    {
        var options = new VocabularyCase(9, 700, 16) { Magnitude = 1e15f };
        VocabularyResult expected = options.RunOn(new ReferenceKernels<float>()), actual = options.RunOn(new CpuKernels(2));
        Assert.All(actual.Losses, loss => Assert.True(float.IsFinite(loss)));
        Assert.All(actual.DX, dx => Assert.True(float.IsFinite(dx)));
        Assert.Equal(expected.Predictions, actual.Predictions);
        AssertClose(expected.Losses, actual.Losses);
    }

    [Fact]
    public void EqualLogitsPredictTheFirst()
    {
        // No weights, and a bias that is largest at 600, 601 and 1999.
        var options = new VocabularyCase(3, 2000, 4) { Magnitude = 0 };
        Array.Clear(options.Bias);
        options.Bias[600] = options.Bias[601] = options.Bias[1999] = 2;
        Assert.Equal([600, 600, 600], options.RunOn(new CpuKernels(2)).Predictions);
        Array.Clear(options.Bias);
        Assert.Equal([0, 0, 0], options.RunOn(new CpuKernels(2)).Predictions);
    }

    [Fact]
    public void NaNStaysInItsRow()
    {
        var options = new VocabularyCase(5, 1300, 8);
        options.X[2 * 8 + 3] = float.NaN;
        VocabularyResult actual = options.RunOn(new CpuKernels(2));
        for (int row = 0; row < 5; row++)
        {
            Assert.Equal(row == 2, float.IsNaN(actual.Losses[row]));
            Assert.All(actual.DX[(row * 8)..(row * 8 + 8)], dx => Assert.Equal(row == 2, float.IsNaN(dx)));
        }
        Assert.All(actual.DWeight, dw => Assert.True(float.IsNaN(dw)));
    }

    [Fact]
    public void LabelsOutsideTheVocabularyAreRefused()
    {
        var options = new VocabularyCase(2, 10, 4);
        options.Labels[1] = 10;
        Assert.Throws<ArgumentException>(() => options.RunOn(new CpuKernels(1)));
    }

    // Float logits of the size s carry an error of about 1e-7·s, and so do their losses; Reference rounds after every term of a sum.
    private static void AssertClose(float[] expected, float[] actual, int terms = 1)
    {
        Assert.Equal(expected.Length, actual.Length);
        double scale = Math.Max(1, expected.Max(x => Math.Abs((double)x)));
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs(expected[i] - (double)actual[i]);
            Assert.True(error <= (3e-6 + 3e-7 * Math.Sqrt(terms)) * scale, $"element {i} is {actual[i]}, not {expected[i]}");
        }
    }
}
