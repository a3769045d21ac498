using BareBert.Bert.Inference;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>Values that are none are found wherever they stand.</summary>
public sealed class FiniteValuesTests
{
    [Theory]
    [InlineData(float.NaN, "NaN")]
    [InlineData(float.PositiveInfinity, "infinity")]
    [InlineData(float.NegativeInfinity, "infinity")]
    public void What_is_no_number_is_named(float wrong, string name)
    {
        using var arena = new Arena(new HostMemory());
        foreach (int count in new[] { 1, 3, 16, 37 })
        {
            Tensor tensor = arena.Zeros(new Shape(count));
            Span<float> values = tensor.Span<float>();
            for (int i = 0; i < count; i++)
                values[i] = i % 3 == 0 ? float.MaxValue : i % 3 == 1 ? -float.MaxValue : float.Epsilon;
            Assert.Equal(values.ToArray(), FiniteValues.Of(tensor, "the scores"));
            Assert.True(FiniteValues.Look(tensor, "the scores").SequenceEqual(values));
            for (int i = 0; i < count; i++)
            {
                float right = values[i];
                values[i] = wrong;
                Assert.Contains($"the scores hold {name}", Assert.Throws<RunException>(() => FiniteValues.Of(tensor, "the scores")).Message);
                Assert.Throws<RunException>(() => FiniteValues.Look(tensor, "the scores").Length);
                values[i] = right;
            }
        }
    }
}
