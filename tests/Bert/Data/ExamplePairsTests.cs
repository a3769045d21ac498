using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BareBert.Tests;

public class ExamplePairsTests
{
    [Fact]
    public void Half_of_the_pairs_follow_one_another()
    {
        var examples = MemoryCorpus.Random(1, 800, 25, 10).Examples(new PretrainingOptions(64));
        EpochPlan plan = examples.Plan(0);
        double share = plan.Examples.Count(e => e.IsRandom) / (double)plan.Count;
        Assert.True(Math.Abs(share - 0.5) <= 5 * 0.5 / Math.Sqrt(plan.Count), $"{share} of {plan.Count}");
    }

    [Fact]
    public void All_pairs_follow_one_another_where_none_is_to_be_random()
    {
        var examples = MemoryCorpus.Random(1, 80, 25, 10).Examples(new PretrainingOptions(64, Segments: SegmentKind.Following));
        Assert.NotEmpty(examples.Plan(0).Examples);
        Assert.All(examples.Plan(0).Examples, e => Assert.True(!e.IsRandom && IsLawful(e, examples.Split, 64)));
    }

    [Fact]
    public void A_tenth_of_the_examples_is_short()
    {
        // Sentences of one token, so that a chunk is exactly as long as its target; long documents, so that few end early.
        string[] document = [.. Enumerable.Repeat("a", 20_000)];
        var examples = new MemoryCorpus(document, document, document).Examples(new PretrainingOptions(32));
        var full = examples.Plan(0).Examples.Where(e => !e.IsRandom).ToList();
        double share = full.Count(e => e.Tokens < 32) / (double)full.Count, expected = 0.1 * (1 - 1 / 28.0);
        Assert.True(Math.Abs(share - expected) <= 5 * Math.Sqrt(expected / full.Count), $"{share} of {full.Count}, expected {expected}");
        Assert.All(full, e => Assert.InRange(e.Tokens, 5, 32));
    }

    [Fact]
    public void Without_short_ones_examples_fill_the_length()
    {
        var examples = MemoryCorpus.Random(2, 5, 4000, 6).Examples(new PretrainingOptions(64, ShortProbability: 0));
        var spans = examples.Plan(0).Examples;
        Assert.True(spans.Count(e => e.Tokens == 64) >= 0.95 * spans.Count);
    }

    [Fact]
    public void What_does_not_fit_is_cut_at_either_end()
    {
        string[] document = ["a b c d e f g h", "i j k l m n o p"];
        var examples = new MemoryCorpus(Enumerable.Repeat(document, 300)).Examples(new PretrainingOptions(13, ShortProbability: 0));
        var starts = examples.Plan(0).Examples.Where(e => !e.IsRandom).Select(e => e.StartA % 16).ToList();
        Assert.All(examples.Plan(0).Examples, e => Assert.Equal((5, 5), (e.LengthA, e.LengthB)));
        double mean = starts.Average(); // three cuts of A, front or back: 1.5 at the front
        Assert.True(Math.Abs(mean - 1.5) <= 5 * Math.Sqrt(0.75 / starts.Count), $"{mean} of {starts.Count}");
    }

    [Fact]
    public void Any_documents_give_lawful_examples()
    {
        var cases = from seed in Gen.Choose(0, 10_000)
                    from documents in Gen.Choose(2, 12)
                    from sentences in Gen.Choose(1, 12)
                    from words in Gen.Choose(1, 40)
                    from length in Gen.Choose(5, 48)
                    from epoch in Gen.Choose(0, 3)
                    select (seed, documents, sentences, words, length, epoch);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            // Some document must have two sentences; of the random ones none may.
            var random = MemoryCorpus.Random((uint)c.seed, c.documents, c.sentences, c.words).Read().Train.Select(d => d.Sentences.ToArray());
            var examples = new MemoryCorpus([.. random, ["a b", "c d"]]).Examples(new PretrainingOptions(c.length));
            EpochPlan plan = examples.Plan(c.epoch);
            return plan.Count > 0 && plan.Examples.All(e => IsLawful(e, examples.Split, c.length));
        }).HoldsFor();
    }

    private static bool IsLawful(ExampleSpan e, TokenSplit split, int length)
    {
        bool Inside(int document, long start, int count) =>
            count >= 1
            && start >= split.SentenceStarts[split.DocumentStarts[document]]
            && start + count <= split.SentenceStarts[split.DocumentStarts[document + 1]];
        bool related = e.IsRandom ? e.DocumentA != e.DocumentB : e.DocumentA == e.DocumentB && e.StartA + e.LengthA <= e.StartB;
        return e.Tokens <= length && related && Inside(e.DocumentA, e.StartA, e.LengthA) && Inside(e.DocumentB, e.StartB, e.LengthB);
    }

    [Fact]
    public void Every_epoch_pairs_anew()
    {
        var examples = MemoryCorpus.Random(3, 20, 20, 10).Examples(new PretrainingOptions(32));
        Assert.Equal(examples.Plan(1).Examples, examples.Plan(1).Examples);
        Assert.NotEqual(examples.Plan(1).Examples, examples.Plan(2).Examples);
    }

    [Fact]
    public void Refuses_splits_in_which_no_sentence_has_a_next_or_a_random_one()
    {
        string Reason(params string[][] documents) =>
            Assert.Throws<InputException>(() => new MemoryCorpus(documents).Examples(new PretrainingOptions())).Message;
        Assert.Contains("the train split is empty", Reason());
        Assert.Contains("only one sentence", Reason(["a b"]));
        Assert.Contains("only one document", Reason(["a b", "c"]));
        Assert.Contains("every document", Reason(["a b"], ["c"]));
    }

    [Theory]
    [InlineData(4, 0.15, 0.1, "`SequenceLength` 4")]
    [InlineData(0, 0.15, 0.1, "`SequenceLength` 0")]
    [InlineData(64, 0, 0.1, "`MaskProbability` 0")]
    [InlineData(64, 1, 0.1, "`MaskProbability` 1")]
    [InlineData(64, double.NaN, 0.1, "`MaskProbability` NaN")]
    [InlineData(64, 0.15, -1, "share of short")]
    public void Refuses_options_out_of_range(int length, double share, double shortShare, string reason) =>
        Assert.Contains(reason, Assert.Throws<InputException>(() => new PretrainingOptions(length, share, false, shortShare).Validate()).Message);
}
