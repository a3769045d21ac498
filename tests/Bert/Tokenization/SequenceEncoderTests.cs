using System.Globalization;
using Xunit;

namespace BareBert.Tests;

public class SequenceEncoderTests
{
    private static readonly WordPieceTokenizer Tokenizer = new(Vocabulary.Load(HardTexts.PathOf("characters-vocab.txt")), new(LowerCase: true));

    [Fact]
    public void BuildsAndTruncatesAsHuggingFaceDoes()
    {
        string[] lines = File.ReadAllLines(HardTexts.PathOf("sequences.tsv"));
        Assert.True(lines.Length > 50);
        foreach (string[] row in lines.Select(line => line.Split('\t')))
        {
            var truncation = Enum.Parse<Truncation>(row[2].Replace("_", "", StringComparison.Ordinal), ignoreCase: true);
            var encoder = new SequenceEncoder(Tokenizer, new(int.Parse(row[3], CultureInfo.InvariantCulture), truncation));
            var sequence = row[1].Length == 0 ? encoder.Encode(row[0]) : encoder.Encode(row[0], row[1]);
            string[] made = [Joined(sequence.Ids), Joined(sequence.TokenTypeIds()), Joined(sequence.SpecialTokensMask())];
            Assert.Equal(row[4..7], made);
        }
    }

    /// <summary>The cases of huggingface/tokenizers' own test of longest_first (src/utils/truncation.rs): room for 7 tokens.</summary>
    [Theory]
    [InlineData(2, 2, 2, 2)]
    [InlineData(2, 4, 2, 4)]
    [InlineData(2, 8, 2, 5)]
    [InlineData(4, 2, 4, 2)]
    [InlineData(4, 4, 3, 4)]
    [InlineData(4, 8, 3, 4)]
    [InlineData(8, 2, 5, 2)]
    [InlineData(8, 4, 4, 3)]
    [InlineData(8, 8, 3, 4)]
    public void TheLongerOfTwoTextsKeepsTheOddToken(int first, int second, int firstKept, int secondKept)
    {
        static string Words(int count) => string.Join(' ', Enumerable.Repeat("a", count));
        TokenSequence sequence = new SequenceEncoder(Tokenizer, new(7 + 3)).Encode(Words(first), Words(second));
        int[] types = sequence.TokenTypeIds().ToArray();
        Assert.Equal((firstKept, secondKept), (types.Count(type => type == 0) - 2, types.Count(type => type == 1) - 1));
    }

    private static string Joined(ReadOnlySpan<int> numbers) => string.Join(' ', numbers.ToArray());

    [Fact]
    public void EveryTokenKnowsItsTextAndItsPlace()
    {
        const string question = "the mask", context = "Hello, Café";
        var sequence = new SequenceEncoder(Tokenizer).Encode(question, context);
        Assert.Equal(sequence.Length, sequence.AttentionMask().Sum());
        Assert.False(sequence.Truncated);
        for (int i = 0; i < sequence.Length; i++)
        {
            if (sequence.Texts[i] < 0)
            {
                Assert.True(Tokenizer.Special.Contains(sequence.Ids[i]) && sequence.Ends[i] == 0);
                continue;
            }
            string text = sequence.Texts[i] == 0 ? question : context;
            var piece = Tokenizer.Tokenize(text.AsSpan(sequence.Starts[i]..sequence.Ends[i]));
            Assert.Equal(Tokenizer.TokenOf(sequence.Ids[i]).Replace("##", "", StringComparison.Ordinal), Tokenizer.Decode(piece.Ids));
        }
        Assert.Equal(2 + Tokenizer.Tokenize(context).Count + 3, sequence.Length);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    [InlineData(3)]
    public void WindowsCoverTheContextAndOverlapByTheStride(int stride)
    {
        const string question = "a b", context = "a b c d e f g h i j k l m n o p q r s t u";
        var encoder = new SequenceEncoder(Tokenizer, new(MaxLength: 12, Truncation.OnlySecond, stride));
        var windows = encoder.EncodeWindows(question, context);
        const int size = 12 - 3 - 2;
        int next = 0;
        foreach (var window in windows)
        {
            var starts = window.Starts.ToArray().Zip(window.Texts.ToArray()).Where(t => t.Second == 1).Select(t => t.First / 2).ToArray();
            Assert.Equal(next, starts[0]);
            Assert.Equal(Enumerable.Range(starts[0], starts.Length), starts);
            Assert.True(window.Truncated && window.Length <= 12);
            Assert.Equal(Tokenizer.Tokenize(question).Ids.ToArray(), window.Ids[1..3].ToArray());
            next = starts[0] + size - stride;
        }
        Assert.Equal(context.Length, windows[^1].Ends[^2]);
        Assert.Equal((21 - stride + size - stride - 1) / (size - stride), windows.Count);
        Assert.Equal(windows[0].Ids.ToArray(), encoder.Encode(question, context).Ids.ToArray());
    }

    [Fact]
    public void OneTextIsCutIntoWindowsToo()
    {
        var windows = new SequenceEncoder(Tokenizer, new(MaxLength: 5, Stride: 1)).EncodeWindows("a b c d e");
        Assert.Equal(["a b c", "c d e"], windows.Select(w => Tokenizer.Decode(w.Ids)));
    }

    [Fact]
    public void WithoutSpecialTokensOnlyTheTextsRemain()
    {
        var sequence = new SequenceEncoder(Tokenizer, new(MaxLength: 3, AddSpecialTokens: false)).Encode("a b", "c d");
        Assert.Equal("a c d", Tokenizer.Decode(sequence.Ids, skipSpecial: false));
        Assert.Equal([0, 1, 1], sequence.TokenTypeIds());
    }

    [Fact]
    public void EmptyTextsMakeSequencesOfSpecialTokens()
    {
        var encoder = new SequenceEncoder(Tokenizer);
        Assert.Equal([2, 3], encoder.Encode("").Ids.ToArray());
        Assert.Equal([2, 3, 3], encoder.Encode("", "").Ids.ToArray());
        Assert.Single(encoder.EncodeWindows("", ""));
    }

    [Fact]
    public void RefusesWhatCannotBeCut()
    {
        AssertRefused("no room for text", () => new SequenceEncoder(Tokenizer, new(MaxLength: 2)));
        AssertRefused("negative stride", () => new SequenceEncoder(Tokenizer, new(Stride: -1)));
        AssertRefused("no room for text", () => Encoder(3, Truncation.LongestFirst).Encode("a", "b"));
        AssertRefused("too long: 2 tokens over", () => Encoder(6, Truncation.OnlySecond).Encode("a b c d", "e f"));
        AssertRefused("there is one", () => Encoder(5, Truncation.OnlySecond).Encode("a b c d"));
        AssertRefused("stride too long", () => new SequenceEncoder(Tokenizer, new(5, Stride: 3)).EncodeWindows("a b c d e f"));
        static SequenceEncoder Encoder(int length, Truncation truncation) => new(Tokenizer, new(length, truncation));
    }

    private static void AssertRefused(string message, Func<object> act) =>
        Assert.Contains(message, Assert.Throws<InputException>(act).Message, StringComparison.Ordinal);
}
