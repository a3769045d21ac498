using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BareBert.Tests;

public class WordPieceTokenizerTests
{
    private static readonly Vocabulary Characters = Vocabulary.Load(HardTexts.PathOf("characters-vocab.txt"));

    private static readonly WordPieceTokenizer Uncased = new(Characters, new(LowerCase: true)), Cased = new(Characters, new(LowerCase: false));

    public static TheoryData<int, bool, bool?, bool> SmallVocabularyColumns => new()
    {
        { 0, true, null, true },
        { 1, false, null, true },
        { 4, true, false, true },
        { 5, false, true, false },
    };

    [Theory, MemberData(nameof(SmallVocabularyColumns))]
    public void CleansAsHuggingFaceDoes(int column, bool lowerCase, bool? stripAccents, bool splitChinese) =>
        AssertIds(new WordPieceTokenizer(Characters, new(lowerCase, stripAccents, splitChinese)), column);

    [Theory]
    [InlineData(2, "bert-base-uncased-vocab.txt", true)]
    [InlineData(3, "bert-base-cased-vocab.txt", false)]
    public void GivesHuggingFacesIds(int column, string vocabulary, bool lowerCase) =>
        AssertIds(new WordPieceTokenizer(Vocabulary.Load(SharedData.Require("vocab", vocabulary)), new(lowerCase)), column);

    private static void AssertIds(WordPieceTokenizer tokenizer, int column)
    {
        foreach (var (text, ids) in HardTexts.Read("wordpiece.tsv"))
        {
            string[] expected = [.. ids[column].Select(tokenizer.TokenOf)];
            Assert.Equal(expected, tokenizer.TokenizeToStrings(text));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void OffsetsOfHardTextsGiveThePieces(bool lowerCase)
    {
        var tokenizer = lowerCase ? Uncased : Cased;
        foreach (var (text, _) in HardTexts.Read("wordpiece.tsv"))
            AssertOffsets(tokenizer, text, piecesAreReadable: true);
    }

    [Fact]
    public void OffsetsPointIntoTheOriginalText()
    {
        const string text = "Cafe\u0301 ÜBER\u200B [MASK]東京!";
        var pieces = Uncased.Tokenize(text);
        var words = new List<string>();
        for (int i = 0; i < pieces.Count; i++)
        {
            string shown = text[pieces.Starts[i]..pieces.Ends[i]];
            if (Uncased.IsContinuation(pieces.Ids[i]))
                words[^1] += shown;
            else
                words.Add(shown);
        }
        Assert.Equal(["Cafe\u0301", "ÜBER", "[MASK]", "東", "京", "!"], words);
    }

    [Fact]
    public void AWordOfAHundredCharactersIsSpelledAndALongerOneIsUnknown()
    {
        Assert.Equal(100, Uncased.Tokenize(new string('a', 100)).Count);
        var pieces = Uncased.Tokenize("x " + new string('a', 101));
        Assert.Equal([Characters.IdOf("x"), Uncased.Special.Unknown], pieces.Ids.ToArray());
        Assert.Equal((2, 103), (pieces.Starts[1], pieces.Ends[1]));
    }

    [Fact]
    public void AnyTextEncodesWithOffsetsInOrderAndInRange()
    {
        Prop.ForAll(AnyText, text =>
        {
            AssertOffsets(Uncased, text, piecesAreReadable: false);
            AssertOffsets(Cased, text, piecesAreReadable: false);
        }).HoldsFor(500);
    }

    [Fact]
    public void TheShortWayForAsciiAgreesWithTheLongWay()
    {
        // A text with one foreign word takes the long way for that word only; an ideograph glued to each word makes all take it.
        var ascii = Gen.Elements("aBz09 \t\n.,#[]-".ToCharArray()).ListOf().Select(c => string.Concat(c)).ToArbitrary();
        Prop.ForAll(ascii, text =>
        {
            string[] direct = Uncased.TokenizeToStrings(text);
            string glued = string.Join(" ", text.Split([' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(w => w + "\u200B"));
            Assert.Equal(direct, Uncased.TokenizeToStrings(glued));
        }).HoldsFor();
    }

    [Fact]
    public void DecodesToReadableText()
    {
        var pieces = Uncased.Tokenize("Hello [MASK], unaffable!");
        Assert.Equal("hello , unaffable !", Uncased.Decode(pieces.Ids));
        Assert.Equal("hello [MASK] , unaffable !", Uncased.Decode(pieces.Ids, skipSpecial: false));
    }

    [Fact]
    public void SharedByThreadsGivesEachTheSamePieces()
    {
        var rows = HardTexts.Read("wordpiece.tsv");
        var expected = rows.Select(r => Uncased.Tokenize(r.Text).Ids.ToArray()).ToArray();
        Parallel.For(0, 200, i => Assert.Equal(expected[i % rows.Length], Uncased.Tokenize(rows[i % rows.Length].Text).Ids.ToArray()));
    }

    [Fact]
    public void SavedToAFolderItLoadsTheSame()
    {
        var folder = Directory.CreateTempSubdirectory("barebert");
        try
        {
            AssertSurvivesSaving(folder.FullName);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void AssertSurvivesSaving(string folder)
    {
        var options = new BasicTokenizerOptions(LowerCase: false, StripAccents: true, SplitChinese: false);
        new WordPieceTokenizer(Characters, options).Save(folder);
        var loaded = Assert.IsType<WordPieceTokenizer>(TokenizerFactory.Load(folder));
        Assert.Equal(options, loaded.Options);
        Assert.Equal(Characters.Tokens, loaded.Vocabulary.Tokens);
    }

    internal static Arbitrary<string> AnyText { get; } = Gen.OneOf(
        Gen.Choose(0, char.MaxValue).Select(c => (char)c),
        Gen.Choose(0, 127).Select(c => (char)c),
        Gen.Choose(0x300, 0x36F).Select(c => (char)c),
        Gen.Choose(0xD800, 0xDFFF).Select(c => (char)c),
        Gen.Elements("[MASK] \0\t,1ﬁİé東각\u0301\u200B".ToCharArray()))
        .ListOf().Select(units => string.Concat(units)).ToArbitrary();

    /// <summary>Ranges ascend and lie in the text; a known piece, cut from the original and cleaned again, spells the piece.</summary>
    internal static void AssertOffsets(WordPieceTokenizer tokenizer, string text, bool piecesAreReadable)
    {
        var pieces = tokenizer.Tokenize(text);
        int start = 0, end = 0;
        for (int i = 0; i < pieces.Count; i++)
        {
            Assert.True(pieces.Starts[i] >= start && pieces.Ends[i] >= end && pieces.Ends[i] > pieces.Starts[i] && pieces.Ends[i] <= text.Length,
                $"piece {i}: [{pieces.Starts[i]}, {pieces.Ends[i]}) after [{start}, {end}) in {text.Length} units");
            (start, end) = (pieces.Starts[i], pieces.Ends[i]);
            bool sharesARange = i > 0 && pieces.Ends[i - 1] > start || i + 1 < pieces.Count && pieces.Starts[i + 1] < end;
            if (!piecesAreReadable || sharesARange || pieces.Ids[i] == tokenizer.Special.Unknown)
                continue;
            string piece = tokenizer.TokenOf(pieces.Ids[i]), slice = text[start..end];
            Assert.True(Bare(piece) == slice || Bare(piece) == Clean(tokenizer.Options, slice), $"piece {piece} is cut as {slice}");
        }
    }

    private static string Clean(BasicTokenizerOptions options, string text)
    {
        var clean = new MappedText();
        new BasicTokenizer(options).Clean(text, 0, clean);
        return string.Concat(clean.CodePoints.ToArray().Select(char.ConvertFromUtf32)).Trim();
    }

    private static string Bare(string token) => token.Length > 2 && token.StartsWith("##", StringComparison.Ordinal) ? token[2..] : token;
}
