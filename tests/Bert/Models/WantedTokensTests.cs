using BareBert.Autograd;
using BareBert.Bert.Models;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

public sealed class WantedTokensTests : IDisposable
{
    private readonly ReferenceKernels<float> _kernels = new();
    private readonly Tape _tape;

    public WantedTokensTests() => _tape = new Tape(_kernels);

    public void Dispose()
    {
        _tape.Dispose();
        _kernels.Dispose();
    }

    [Theory]
    [InlineData(new[] { 0, 2, 3, 8 }, new[] { 0, 1, 2, 4 })]
    [InlineData(new[] { 3, 4, 5 }, new[] { 0, 0, 0, 3 })]
    [InlineData(new[] { 1 }, new[] { 0, 1, 1, 1 })]
    [InlineData(new int[0], new[] { 0, 0, 0, 0 })]
    public void EachSequenceHasItsOwn(int[] rows, int[] offsets) => Using(inputs =>
    {
        WantedTokens wanted = WantedTokens.Upload(_tape, inputs, rows, first: 7);
        Assert.Equal(rows, wanted.Rows.ToArray<int>());
        Assert.Equal(offsets, wanted.Offsets.ToArray<int>());
        Assert.Equal(7, wanted.First);
    });

    [Fact]
    public void FirstTokensAreOneOfEach() => Using(inputs =>
    {
        WantedTokens wanted = WantedTokens.FirstTokens(_tape, inputs);
        Assert.Equal([0, 2, 3], wanted.Rows.ToArray<int>());
        Assert.Equal([0, 1, 2, 3], wanted.Offsets.ToArray<int>());
    });

    [Theory]
    [InlineData(new[] { 4, 3 })]
    [InlineData(new[] { 4, 4 })]
    [InlineData(new[] { -1 })]
    [InlineData(new[] { 9 })]
    [InlineData(new[] { 2, 9, 3 })]
    public void OthersAreRefused(int[] rows) => Using(inputs => Assert.Throws<ArgumentException>(() => WantedTokens.Upload(_tape, inputs, rows)));

    // Sequences of 2, 1 and 6 tokens.
    private void Using(Action<PackedInputs> test)
    {
        using (_tape.Begin(TapeMode.Evaluation))
            test(PackedInputs.Upload(_tape, new int[9], new int[9], new int[9], [0, 2, 3, 9]));
    }
}
