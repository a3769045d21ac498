using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BareBert.Tests;

public class UnigramTokenizerTests
{
    private static readonly byte[] SmallFile = File.ReadAllBytes(HardTexts.PathOf("small-spiece.model"));
    private static readonly SentencePieceModel Small = SentencePieceModel.Parse(SmallFile, "small-spiece.model");
    private static readonly UnigramTokenizer Tokenizer = new(Small);

    [Fact]
    public void GivesHuggingFacesIds() =>
        AssertIds(new UnigramTokenizer(SentencePieceModel.Load(SharedData.Require("vocab", "albert-spiece.model"))), 0);

    [Fact]
    public void GivesHuggingFacesIdsWithASmallModel() => AssertIds(Tokenizer, 1);

    [Fact]
    public void GivesHuggingFacesIdsWithCaseAccentsAndSpacesKept() =>
        AssertIds(new UnigramTokenizer(Small, new(LowerCase: false, RemoveSpace: false, KeepAccents: true)), 2);

    private static void AssertIds(UnigramTokenizer tokenizer, int column)
    {
        foreach (var (text, ids) in HardTexts.Read("albert.tsv"))
        {
            string[] expected = [.. ids[column].Select(tokenizer.TokenOf)];
            Assert.Equal(expected, tokenizer.TokenizeToStrings(text));
        }
    }

    [Fact]
    public void OffsetsPointIntoTheOriginalText()
    {
        const string text = "  The CAFE\u0301 ( 9,9 )  [MASK] ``ﬁnd''";
        var pieces = Tokenizer.Tokenize(text);
        var words = new List<string>();
        for (int i = 0; i < pieces.Count; i++)
        {
            string token = Tokenizer.TokenOf(pieces.Ids[i]), shown = text[pieces.Starts[i]..pieces.Ends[i]];
            bool shared = i > 0 && pieces.Starts[i] < pieces.Ends[i - 1];
            if (shared)
                continue;
            if (words.Count == 0 || token.StartsWith(SentencePieceModel.Space) || Tokenizer.Special.Mask == pieces.Ids[i])
                words.Add(shown);
            else
                words[^1] += shown;
        }
        Assert.Equal(["The", "CAFE\u0301", "(", "9,9", ")", "[MASK]", "``ﬁnd''"], words);
    }

    [Fact]
    public void OffsetsOfHardTextsGiveThePieces()
    {
        foreach (var (text, _) in HardTexts.Read("albert.tsv"))
            AssertOffsets(Tokenizer, text, piecesAreReadable: true);
    }

    [Fact]
    public void AnyTextEncodesWithOffsetsInOrderAndInRange()
    {
        var cased = new UnigramTokenizer(Small, new(LowerCase: false, RemoveSpace: false, KeepAccents: true));
        Prop.ForAll(WordPieceTokenizerTests.AnyText, text =>
        {
            AssertOffsets(Tokenizer, text, piecesAreReadable: false);
            AssertOffsets(cased, text, piecesAreReadable: false);
        }).HoldsFor(300);
    }

    [Fact]
    public void ACharacterTakenApartIntoASpaceAndAMarkKeepsOffsetsInOrder()
    {
        var cased = new UnigramTokenizer(Small, new(LowerCase: false, RemoveSpace: false, KeepAccents: true));
        AssertOffsets(cased, "&\u02DCK\u00A8", piecesAreReadable: false); // small tilde, diaeresis
    }

    [Fact]
    public void TheShortWayForAsciiAgreesWithTheLongWay()
    {
        // A zero-width space, which the rules remove, sends a text the long way.
        var ascii = Gen.Elements("aBz09 `',.-([".ToCharArray()).ListOf().Select(c => string.Concat(c)).ToArbitrary();
        Prop.ForAll(ascii, text => Assert.Equal(Tokenizer.TokenizeToStrings(text), Tokenizer.TokenizeToStrings(text + "\u200B")))
            .HoldsFor();
    }

    [Fact]
    public void DecodesToReadableText()
    {
        var pieces = Tokenizer.Tokenize("The quick [MASK] fox");
        Assert.Equal("the quick fox", Tokenizer.Decode(pieces.Ids));
        Assert.Equal("the quick [MASK] fox", Tokenizer.Decode(pieces.Ids, skipSpecial: false));
    }

    [Fact]
    public void KnowsWhichPiecesContinueAWord()
    {
        foreach (var (token, continues) in new[] { ("▁the", false), ("▁", false), (",", false), ("[MASK]", false), ("<unk>", false), ("(", false), ("s", true) })
            Assert.Equal(continues, Tokenizer.IsContinuation(Tokenizer.IdOf(token)));
    }

    [Fact]
    public void SavedToAFolderItLoadsTheSame()
    {
        var folder = Directory.CreateTempSubdirectory("barebert");
        try
        {
            var options = new UnigramOptions(LowerCase: false, RemoveSpace: false, KeepAccents: true);
            new UnigramTokenizer(Small, options).Save(folder.FullName);
            var loaded = Assert.IsType<UnigramTokenizer>(TokenizerFactory.Load(folder.FullName));
            Assert.Equal(options, loaded.Options);
            Assert.Equal(SmallFile, File.ReadAllBytes(Path.Combine(folder.FullName, SentencePieceModel.FileName)));
            File.Delete(Path.Combine(folder.FullName, SentencePieceModel.FileName));
            Assert.Throws<InputException>(() => TokenizerFactory.Load(folder.FullName));
            File.Delete(Path.Combine(folder.FullName, TokenizerConfig.FileName));
            Assert.Throws<InputException>(() => TokenizerFactory.Load(folder.FullName));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void AnyBytesLoadOrAreRefusedInOneLine() => Prop.ForAll<byte[]>(bytes =>
        VocabularyTests.LoadsOrRefuses(() => SentencePieceModel.Parse(bytes, "m"))).HoldsFor();

    [Fact]
    public void AnyDamageToAModelIsRefusedOrStillTokenizes() => Prop.ForAll(Damage.To(SmallFile), damaged =>
        VocabularyTests.LoadsOrRefuses(() =>
            AssertOffsets(new UnigramTokenizer(SentencePieceModel.Parse(damaged, "m")), "Some téxt ﬁ\u200B (1,2) [MASK] 東", piecesAreReadable: false)))
        .HoldsFor(200);

    [Theory]
    [InlineData("it holds no pieces")]
    [InlineData("pieces 0 and 1 are the same", "▁a:1", "▁a:1")]
    [InlineData("its unknown piece is not <unk>", "<unk>:1", "▁a:1")]
    [InlineData("its unknown piece is not <unk>", "▁a:1")]
    [InlineData("it has no [MASK]", "<pad>:3", "<unk>:2", "[CLS]:3", "[SEP]:3", "▁a:1")]
    [InlineData("it holds no normal pieces", "<pad>:3", "<unk>:2", "[CLS]:3", "[SEP]:3", "[MASK]:3")]
    public void RefusesAModelThatCannotBeAlberts(string message, params string[] pieces) =>
        Assert.Contains(message, Assert.Throws<InputException>(() => SentencePieceModel.Parse(Model(pieces), "m")).Message, StringComparison.Ordinal);

    // A model file of "text:kind" pieces, all of score 0.
    private static byte[] Model(string[] pieces)
    {
        var file = new List<byte>();
        foreach (string piece in pieces)
        {
            int colon = piece.LastIndexOf(':');
            byte[] text = Encoding.UTF8.GetBytes(piece[..colon]);
            byte[] message = [0x0A, (byte)text.Length, .. text, 0x18, (byte)(piece[^1] - '0')];
            file.AddRange([0x0A, (byte)message.Length, .. message]);
        }
        return [.. file];
    }

    private static void AssertOffsets(UnigramTokenizer tokenizer, string text, bool piecesAreReadable)
    {
        var pieces = tokenizer.Tokenize(text);
        int start = 0, end = 0;
        for (int i = 0; i < pieces.Count; i++)
        {
            string piece = tokenizer.TokenOf(pieces.Ids[i]).Replace("▁", "", StringComparison.Ordinal);
            Assert.True(pieces.Starts[i] >= start && pieces.Ends[i] >= end && pieces.Ends[i] >= pieces.Starts[i] && pieces.Ends[i] <= text.Length,
                $"piece {i}: [{pieces.Starts[i]}, {pieces.Ends[i]}) after [{start}, {end}) in {text.Length} units");
            (start, end) = (pieces.Starts[i], pieces.Ends[i]);
            bool sharesARange = i > 0 && pieces.Ends[i - 1] > start || i + 1 < pieces.Count && pieces.Starts[i + 1] < end;
            if (!piecesAreReadable || sharesARange || pieces.Ids[i] == tokenizer.Special.Unknown)
                continue;
            string alone = string.Concat(tokenizer.TokenizeToStrings(text.AsSpan(start..end))).Replace("▁", "", StringComparison.Ordinal);
            Assert.Equal(Unfinal(piece), Unfinal(alone));
        }
    }

    // Whether a sigma is final depends on what stands before it, which the piece by itself does not show.
    private static string Unfinal(string text) => text.Replace('ς', 'σ');
}
