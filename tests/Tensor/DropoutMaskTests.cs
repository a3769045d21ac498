using Xunit;

namespace BareBert.Tests;

public sealed class DropoutMaskTests
{
    private const uint Rows = 64, Cols = 1000;

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void DropsItsShare(double rate)
    {
        var mask = new DropoutMask(rate, Seed: 11, Step: 2, Op: 3);
        int kept = Count(mask);
        double n = Rows * Cols, deviation = Math.Sqrt(n * rate * (1 - rate));
        Assert.True(Math.Abs(kept - n * (1 - rate)) <= 5 * deviation);
        // The scale makes up for what was dropped, in expectation exactly.
        Assert.True(Math.Abs(mask.Scale * (65536 - mask.Threshold) / 65536 - 1) <= 1e-15);
    }

    [Fact]
    public void EveryPartOfTheNameChangesTheMask()
    {
        var mask = new DropoutMask(0.5, Seed: 1, Step: 2, Op: 3, FirstRow: 4);
        DropoutMask[] others = [mask with { Seed = 2 }, mask with { Seed = 1ul << 32 | 1 }, mask with { Step = 3 }, mask with { Op = 4 }, mask with { FirstRow = 5 }];
        foreach (DropoutMask other in others)
        {
            int same = 0;
            for (uint i = 0; i < Rows * Cols; i++)
                same += mask.Keeps(i / Cols, i % Cols) == other.Keeps(i / Cols, i % Cols) ? 1 : 0;
            Assert.True(Math.Abs(same - Rows * Cols / 2.0) <= 5 * Math.Sqrt(Rows * Cols / 4.0), $"{other} agrees with {mask} on {same} of {Rows * Cols}");
        }
    }

    [Fact]
    public void APartOfABatchDrawsTheWholeBatchsMask()
    {
        var whole = new DropoutMask(0.3, Seed: 9);
        DropoutMask second = whole with { FirstRow = 20 };
        for (uint i = 0; i < Rows * Cols; i++)
            Assert.Equal(whole.Keeps(20 + i / Cols, i % Cols), second.Keeps(i / Cols, i % Cols));
    }

    [Fact]
    public void RateZeroKeepsAll()
    {
        Assert.True(DropoutMask.None.IsNone);
        Assert.True(new DropoutMask(1e-6).IsNone);
        Assert.False(new DropoutMask(1e-4).IsNone);
        Assert.Equal((int)(Rows * Cols), Count(DropoutMask.None));
    }

    private static int Count(DropoutMask mask)
    {
        int kept = 0;
        for (uint i = 0; i < Rows * Cols; i++)
            kept += mask.Keeps(i / Cols, i % Cols) ? 1 : 0;
        return kept;
    }
}
