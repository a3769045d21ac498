using Xunit;

namespace BareBert.Tests;

public class WordPieceTrainerTests
{
    private static readonly string[] Corpus = [.. Enumerable.Repeat("the low lower lowest new newer newest wider, widest: the Café 東京", 3)];

    [Fact]
    public void JoinsTheMostFrequentPairFirst()
    {
        // b##c occurs 5 + 2 times, a##b 5, c alone 1: first bc at the word's end, then abc.
        var vocabulary = new WordPieceTrainer(new(Size: 100)).Train(["abc abc abc abc abc xbc xbc c"]);
        string[] expected =
        [
            "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "c", "x", "##a", "##b", "##c", "##x",
            "##bc", "abc", "xbc",
        ];
        Assert.Equal(expected, vocabulary.Tokens);
    }

    [Fact]
    public void TheTrainedVocabularySpellsItsCorpus()
    {
        var vocabulary = new WordPieceTrainer(new(Size: 50)).Train(Corpus);
        Assert.Equal(50, vocabulary.Size);
        var tokenizer = new WordPieceTokenizer(vocabulary);
        var pieces = tokenizer.Tokenize(Corpus[0]);
        Assert.DoesNotContain(tokenizer.Special.Unknown, pieces.Ids.ToArray());
        Assert.Equal("the low lower lowest new newer newest wider , widest : the cafe 東 京", tokenizer.Decode(pieces.Ids));
        Assert.True(pieces.Count < Corpus[0].Length / 2, $"{pieces.Count} pieces");
    }

    [Fact]
    public void OneCorpusGivesOneVocabulary()
    {
        var first = new WordPieceTrainer(new(Size: 55)).Train(Corpus);
        Assert.Equal(first.Tokens, new WordPieceTrainer(new(Size: 55)).Train(Corpus).Tokens);
        Assert.Equal(first.Tokens.Take(48), new WordPieceTrainer(new(Size: 48)).Train(Corpus).Tokens);
    }

    [Fact]
    public void StopsWhenNothingOccursTwice() =>
        Assert.Equal(5 + 3 + 3, new WordPieceTrainer(new(Size: 1000)).Train(["abc"]).Size);

    [Fact]
    public void KeepsTheCaseOfACasedVocabulary() =>
        Assert.True(new WordPieceTrainer(new(Size: 100, new BasicTokenizerOptions(LowerCase: false))).Train(["Paris Paris"]).IdOf("Paris") > 0);

    [Fact]
    public void ManyCharactersAreKeptByFrequency()
    {
        var vocabulary = new WordPieceTrainer(new(Size: 100, MaximumCharacters: 2)).Train(["aab aab q aab b"]);
        Assert.True(vocabulary.IdOf("aab") > 0);
        Assert.Equal(-1, vocabulary.IdOf("q"));
    }

    [Fact]
    public void RefusesTooSmallASizeAndNamesTheLeast()
    {
        var error = Assert.Throws<InputException>(() => new WordPieceTrainer(new(Size: 10)).Train(["abc abc"]));
        Assert.Contains("give at least 11", error.Message, StringComparison.Ordinal);
        Assert.Equal(11, new WordPieceTrainer(new(Size: 11)).Train(["abc abc"]).Size);
    }

    [Fact]
    public void RefusesACorpusWithoutWords() =>
        Assert.Contains("no words", Assert.Throws<InputException>(() => new WordPieceTrainer(new(Size: 10)).Train(["", " \t"])).Message, StringComparison.Ordinal);

    [Fact]
    public void ReportsProgressUpToTheEnd()
    {
        var seen = new List<WordPieceTrainerProgress>();
        var random = new Random(7);
        var lines = Enumerable.Range(0, 3000).Select(_ => string.Concat(Enumerable.Range(0, 8).Select(_ => (char)('a' + random.Next(12)))));
        new WordPieceTrainer(new(Size: 500), seen.Add).Train(lines);
        Assert.Contains(seen, p => p is { LinesRead: 2000, Entries: 0 });
        Assert.Contains(seen, p => p is { LinesRead: 3000, Entries: >= 300 and <= 500, Size: 500 });
        Assert.Equal(seen.OrderBy(p => p.LinesRead).ThenBy(p => p.Entries), seen);
    }
}
