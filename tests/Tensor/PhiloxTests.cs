using Xunit;

namespace BareBert.Tests;

public sealed class PhiloxTests
{
    // The known answers that accompany Salmon et al. 2011 (Random123, kat_vectors, philox4x32 with 10 rounds): counter, key, result.
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void KnownAnswers(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, uint x0, uint x1, uint x2, uint x3) =>
        Assert.Equal(new PhiloxBlock(x0, x1, x2, x3), Philox.Block(k0 | (ulong)k1 << 32, c0, c1, c2, c3));

    [Fact]
    public void StreamsOfDifferentNamesDiffer()
    {
        uint[] Draw(PhiloxStream s) => [s.NextUInt(), s.NextUInt(), s.NextUInt(), s.NextUInt(), s.NextUInt()];
        uint[][] draws = [Draw(new(1, 2, 3, 4)), Draw(new(2, 2, 3, 4)), Draw(new(1, 3, 3, 4)), Draw(new(1, 2, 4, 4)), Draw(new(1, 2, 3, 5))];
        Assert.Equal(Draw(new(1, 2, 3, 4)), draws[0]);
        Assert.Equal(25, draws.SelectMany(d => d).Distinct().Count());
    }

    [Fact]
    public void IntegersAreUniformAndInRange()
    {
        var stream = new PhiloxStream(7, 1);
        var counts = new int[6];
        for (int i = 0; i < 60_000; i++)
            counts[stream.NextInt(6)]++;
        // Five standard deviations of a binomial draw around 10,000.
        Assert.All(counts, count => Assert.True(Math.Abs(count - 10_000) <= 5 * Math.Sqrt(60_000 * 5.0 / 36)));
        Assert.Equal(0, stream.NextInt(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PhiloxStream(1, 1).NextInt(0));
    }

    [Fact]
    public void NormalsHaveTheirMoments()
    {
        var stream = new PhiloxStream(7, 2);
        double sum = 0, squares = 0, fourth = 0;
        const int N = 100_000;
        for (int i = 0; i < N; i++)
        {
            double x = stream.NextNormal();
            (sum, squares, fourth) = (sum + x, squares + x * x, fourth + x * x * x * x);
        }
        Assert.True(Math.Abs(sum / N) <= 5 / Math.Sqrt(N));
        Assert.True(Math.Abs(squares / N - 1) <= 5 * Math.Sqrt(2.0 / N));
        Assert.True(Math.Abs(fourth / N - 3) <= 5 * Math.Sqrt(96.0 / N));
    }

    [Fact]
    public void ShufflesArePermutations()
    {
        var items = Enumerable.Range(0, 1000).ToArray();
        new PhiloxStream(3, 3).Shuffle<int>(items);
        Assert.NotEqual(Enumerable.Range(0, 1000), items);
        Assert.Equal(Enumerable.Range(0, 1000), items.Order());
    }
}
