using System.Buffers;
using Microsoft.ML.Tokenizers;
using Xunit;

namespace BareBert.Tests;

/// <summary>Our tokenizers as ML.NET and Semantic Kernel see them: as <see cref="Tokenizer"/>.</summary>
public class MicrosoftTokenizerTests
{
    private const string Text = "Hello ﬁ cat Cafe\u0301!";

    private static readonly SubwordTokenizer Ours = new BareBert.Bert.Tokenization.WordPieceTokenizer(
        new Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "hello", "cat", "caf", "##e", "!", "f", "##i", "##ﬁ", "ﬁ"]));

    private static readonly Tokenizer Theirs = Ours;

    [Fact]
    public void GivesIdsTokensAndPlacesInTheTextThatWasGiven()
    {
        Assert.Equal([5, 13, 6, 7, 8, 9], Theirs.EncodeToIds(Text));
        var tokens = Theirs.EncodeToTokens(Text, out string? normalized);
        Assert.Null(normalized);
        Assert.Equal(["hello", "ﬁ", "cat", "caf", "##e", "!"], tokens.Select(token => token.Value));
        Assert.Equal(["Hello", "ﬁ", "cat", "Caf", "e\u0301", "!"], tokens.Select(token => Text[token.Offset]));
        Assert.Equal(6, Theirs.CountTokens(Text));
        Assert.Equal(Theirs.EncodeToIds(Text), Theirs.EncodeToIds(Text.AsSpan()));
        Assert.Empty(Theirs.EncodeToIds(""));
    }

    [Theory]
    [InlineData(1, 5, 1)]
    [InlineData(3, 11, 3)]
    [InlineData(100, 18, 6)]
    public void CutsAtACountOfTokens(int most, int index, int count)
    {
        Assert.Equal(index, Theirs.GetIndexByTokenCount(Text, most, out string? normalized, out int counted));
        Assert.Equal((null, count), (normalized, counted));
        Assert.Equal(count, Theirs.EncodeToIds(Text, most, out _, out int consumed).Count);
        Assert.Equal(index, consumed);
    }

    [Theory]
    [InlineData(1, 17, 1)]
    [InlineData(3, 12, 3)]
    [InlineData(6, 0, 6)]
    public void CutsAtACountFromTheEnd(int most, int index, int count)
    {
        Assert.Equal(index, Theirs.GetIndexByTokenCountFromEnd(Text, most, out _, out int counted));
        Assert.Equal(count, counted);
    }

    /// <summary>ﬁ lower-cased and stripped may become two tokens of one character: a cut between them would cut the character.</summary>
    [Fact]
    public void NeverCutsWithinACharacter()
    {
        var tokenizer = new UnigramTokenizer(SentencePieceModel.Load(HardTexts.PathOf("small-spiece.model")));
        var pieces = tokenizer.Tokenize("½½½");
        for (int most = 1; most <= pieces.Count; most++)
        {
            int index = tokenizer.GetIndexByTokenCount("½½½", most, out _, out int count);
            Assert.True(count <= most && (count == pieces.Count ? index == 3 : index == (count == 0 ? 0 : pieces.Ends[count - 1])), $"{most}: {count} tokens, {index}");
            Assert.True(count == pieces.Count || count == 0 || pieces.Starts[count] >= index, $"{most}");
        }
    }

    [Fact]
    public void DecodesAsFarAsThereIsRoom()
    {
        int[] ids = [2, 5, 7, 8, 3];
        Assert.Equal("[CLS] hello cafe [SEP]", Theirs.Decode(ids));
        var room = new char[11];
        Assert.Equal(OperationStatus.DestinationTooSmall, Theirs.Decode(ids, room, out int consumed, out int written));
        Assert.Equal((2, "[CLS] hello"), (consumed, new string(room, 0, written)));
        Assert.Equal(OperationStatus.Done, Theirs.Decode(ids, new char[64], out consumed, out written));
        Assert.Equal((5, 22), (consumed, written));
        Assert.Equal(OperationStatus.InvalidData, Theirs.Decode([5, 99], new char[64], out consumed, out written));
        Assert.Equal((1, 5), (consumed, written));
    }

    [Fact]
    public void LeavesOutWhatTheCallerHasDone()
    {
        Assert.Equal(["[UNK]", "cat"], Theirs.EncodeToTokens("Hello cat", out _, considerNormalization: false).Select(token => token.Value));
        Assert.Equal(["[UNK]"], Theirs.EncodeToTokens("hello cat", out _, considerPreTokenization: false).Select(token => token.Value));
        Assert.Equal(["hello", "[MASK]"], Theirs.EncodeToTokens("hello[MASK]", out _, considerPreTokenization: false, considerNormalization: false).Select(token => token.Value));
    }
}
