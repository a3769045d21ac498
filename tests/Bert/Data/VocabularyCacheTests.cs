using Xunit;

namespace BareBert.Tests;

public sealed class VocabularyCacheTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<string> _notices = [];
    private int _trained;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Finds_again_what_was_trained_once()
    {
        CorpusSource corpus = Corpus("One two. Three four.");
        Vocabulary first = Open(corpus, 80), second = Open(corpus, 80);
        Assert.Equal(1, _trained);
        Assert.Equal(first.Tokens, second.Tokens);
        Assert.Empty(_notices);
    }

    [Fact]
    public void Trains_for_another_size_or_corpus()
    {
        Open(Corpus("One two. Three four."), 80);
        Open(Corpus("One two. Three four."), 81);
        Open(Corpus("One two. Three five."), 80);
        Assert.Equal(3, _trained);
    }

    [Fact]
    public void Does_not_use_one_that_was_changed_or_cut_short()
    {
        CorpusSource corpus = Corpus("One two. Three four.");
        Vocabulary whole = Open(corpus, 80);
        string path = Assert.Single(Directory.GetFiles(At("cache")));
        string text = File.ReadAllText(path);
        foreach (string damaged in new[] { text[..(text.Length / 2)], "", text.Replace("[MASK]", "[mask]", StringComparison.Ordinal) })
        {
            File.WriteAllText(path, damaged);
            Assert.Equal(whole.Tokens, Open(corpus, 80).Tokens);
            Assert.Equal(text, File.ReadAllText(path));
        }
        Assert.Equal(4, _trained);
    }

    [Fact]
    public void Goes_on_where_nothing_can_be_kept()
    {
        File.WriteAllText(At("cache"), "a file where the folder should be");
        Assert.True(Open(Corpus("One two. Three four."), 80).Size > 5);
        Assert.Contains("could not be kept", Assert.Single(_notices), StringComparison.Ordinal);
    }

    private string At(string name) => Path.Combine(_directory.Path, name);

    private CorpusSource Corpus(string text)
    {
        string path = At("corpus.txt");
        File.WriteAllText(path, string.Join("\n\n", Enumerable.Range(0, 30).Select(i => $"{text} {i}.")));
        return CorpusSource.Open(path);
    }

    private Vocabulary Open(CorpusSource corpus, int size) => new VocabularyCache(At("cache")).Open(corpus, size, () =>
    {
        _trained++;
        return new WordPieceTrainer(new WordPieceTrainerOptions(size)).Train(corpus.Sentences(Split.Train));
    }, _notices.Add);
}
