using Xunit;

namespace BareBert.Tests;

public class SampleWorldTests
{
    private readonly SampleWorld _world = new(seed: 3, trainArticles: 60, heldOutArticles: 30);

    private SubwordTokenizer Tokenizer => new WordPieceTokenizer(new Vocabulary(_world.Vocabulary));

    [Fact]
    public void Every_word_and_mark_is_one_token_of_its_vocabulary()
    {
        SubwordTokenizer tokenizer = Tokenizer;
        Corpus corpus = _world.Read();
        Article[] articles = [.. _world.Articles(Split.Train)];
        for (int a = 0; a < articles.Length; a++)
        {
            for (int s = 0; s < articles[a].Words.Count; s++)
                Assert.Equal(articles[a].Words[s], tokenizer.Tokenize(corpus.Train[a].Sentences[s]).Ids.ToArray().Select(_world.WordOf));
        }
        Assert.InRange(_world.Vocabulary.Count, 300, 700);
    }

    [Fact]
    public void Is_a_function_of_its_seed()
    {
        Assert.Equal(_world.Read().Sentences(Split.Train), new SampleWorld(3, 60, 30).Read().Sentences(Split.Train));
        Assert.NotEqual(_world.Read().Sentences(Split.Train), new SampleWorld(4, 60, 30).Read().Sentences(Split.Train));
        Assert.NotEqual(_world.Read().Sentences(Split.Valid), _world.Read().Sentences(Split.Test));
    }

    [Fact]
    public void Sentences_begin_with_a_capital_and_end_with_a_full_stop()
    {
        foreach (string sentence in _world.Read().Sentences(Split.Valid))
            Assert.Matches("^[A-Z][A-Za-z]*(,? [A-Za-z]+)*\\.$", sentence);
    }

    [Fact]
    public void Facts_hold_to_the_end_of_an_article()
    {
        foreach (Article article in _world.Articles(Split.Train))
        {
            foreach (Fact topic in _world.Grammar.Topics)
            {
                var mentioned = article.Words.SelectMany(w => w).Where(w => topic.Values.Any(row => row[0] == w)).Distinct();
                Assert.True(mentioned.Count() <= 1, $"two of {topic.Name} in one article");
            }
        }
    }

    [Fact]
    public void Topics_are_told_before_they_are_recalled()
    {
        foreach (Article article in _world.Articles(Split.Train))
        {
            Assert.Equal(Role.Opening, article.Layout[0].Role);
            foreach (var topic in article.Layout.Skip(1).GroupBy(kind => kind.Topic))
                Assert.Equal(Role.Tell, topic.First().Role);
        }
    }

    [Fact]
    public void The_optimal_loss_lies_between_nothing_and_the_unigram_baseline()
    {
        using TokenCorpus tokens = TokenCache.InMemory(_world, Tokenizer);
        var vocabulary = new MaskingVocabulary(Tokenizer);
        var examples = new PretrainingExamples(tokens[Split.Valid], vocabulary, PretrainingOptions.ForEvaluation(48), "the valid split");
        EpochPlan plan = examples.Plan(0);
        double optimal = OptimalLoss.MaskedLoss(_world, Split.Valid, examples, plan);
        double unigram = new UnigramBaseline(tokens[Split.Train], vocabulary).MaskedLoss(examples, plan);
        Assert.InRange(optimal, 0.05, 0.6);
        Assert.InRange(unigram, 4, 6);
        Assert.Equal(optimal, OptimalLoss.MaskedLoss(_world, Split.Valid, examples, plan));
        Assert.True(OptimalLoss.IsKnown(_world, Split.Valid, examples));
        Assert.False(OptimalLoss.IsKnown(_world, Split.Test, examples));
        Assert.Throws<ArgumentException>(() => OptimalLoss.MaskedLoss(_world, Split.Train, examples, plan));
    }

    [Theory]
    [InlineData("hero hero\n  name\n  Ann\nopening\n  one word\n  three words here", "different length")]
    [InlineData("hero hero\n  name\n  Ann Bob", "rows of 1")]
    [InlineData("opening\n  text", "no hero")]
    [InlineData("  text", "before the first heading")]
    [InlineData("verse\n  text", "no section")]
    [InlineData("hero hero\n  name\n  Ann\ntell pet\n  text", "no topic")]
    [InlineData("hero hero\n  name\n  Ann\nopening\n  {pet.name}", "cannot speak")]
    [InlineData("hero hero\n  name\n  Ann\nopening\n  {hero.age}", "no column")]
    public void A_faulty_grammar_is_named(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<FormatException>(() => Grammar.Parse(text)).Message);
}
