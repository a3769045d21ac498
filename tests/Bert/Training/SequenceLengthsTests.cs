using FsCheck.Fluent;
using FsCheck;
using Xunit;

namespace BareBert.Tests;

/// <summary>One length of sequences, or several, as people write them.</summary>
public sealed class SequenceLengthsTests
{
    [Theory]
    [InlineData("128", 128)]
    [InlineData("32:64", 32, 64)]
    [InlineData("5:6:7:8", 5, 6, 7, 8)]
    public void One_or_several(string text, params int[] lengths)
    {
        SequenceLengths read = SequenceLengths.Parse("--seq-len", text);
        Assert.Equal(lengths, read.All);
        Assert.Equal(lengths[^1], read.Longest);
        Assert.Equal(text, read.ToString());
        Assert.Equal(read, SequenceLengths.Parse("--seq-len", read.ToString()));
    }

    [Fact]
    public void A_number_is_a_length()
    {
        SequenceLengths one = 128;
        Assert.Equal(SequenceLengths.Parse("--seq-len", "128"), one);
        Assert.NotEqual(SequenceLengths.Parse("--seq-len", "64:128"), one);
        Assert.Equal(one, OptionsJson.Read<PretrainerOptions>(new() { ["seq-len"] = 128 }, "run.json").SequenceLength);
        Assert.Equal(one, OptionsJson.Read<PretrainerOptions>(OptionsJson.WriteRecord(new PretrainerOptions { SequenceLength = one }), "run.json").SequenceLength);
    }

    [Theory]
    [InlineData("64:32")]
    [InlineData("32:32")]
    [InlineData("32::64")]
    [InlineData(":")]
    [InlineData("")]
    [InlineData("+32")]
    [InlineData("32.5")]
    [InlineData("99999999999")]
    public void Neither(string text) => Refusals.Of(() => SequenceLengths.Parse("--seq-len", text), "--seq-len", "32:64:128");

    [Fact]
    public void Any_text_is_read_or_refused() =>
        Prop.ForAll((string? text) => Refusals.SucceedsOrRefuses(() => SequenceLengths.Parse("--seq-len", text ?? ""))).HoldsFor();

    [Fact]
    public void What_is_read_ascends_and_is_written_as_it_was() =>
        Prop.ForAll(Gen.Choose(1, 999).NonEmptyListOf().ToArbitrary(), numbers => Refusals.SucceedsOrRefuses(() =>
        {
            string text = string.Join(':', numbers);
            IReadOnlyList<int> lengths = SequenceLengths.Parse("--seq-len", text).All;
            Assert.Equal(text, string.Join(':', lengths));
            Assert.Equal(lengths.Distinct().Order(), lengths);
        })).HoldsFor();
}
