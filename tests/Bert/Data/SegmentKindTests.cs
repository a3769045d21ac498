using Xunit;

namespace BareBert.Tests;

/// <summary>Examples of one segment, and of two that are swapped.</summary>
public sealed class SegmentKindTests
{
    [Fact]
    public void A_single_segment_takes_every_sentence_once_and_fits()
    {
        PretrainingExamples examples = MemoryCorpus.Random(5, 40, 6, 30).Examples(new PretrainingOptions(24, Segments: SegmentKind.Single));
        EpochPlan plan = examples.Plan(0);
        Assert.All(plan.Examples, e => Assert.True(e is { LengthA: > 0, LengthB: 0, IsRandom: false } && e.Tokens == e.LengthA + 2 && e.Tokens <= 24));
        Assert.Equal(examples.Split.Documents, plan.Examples.Select(e => e.DocumentA).Distinct().Count());
        // No token twice, and none lost but those of sentences over the length.
        long[] taken = [.. plan.Examples.SelectMany(e => Enumerable.Range(0, e.LengthA).Select(i => e.StartA + i))];
        Assert.Equal(taken.Length, taken.Distinct().Count());
        var batch = new PretrainingBatch(plan.Count, 24);
        examples.Fill(plan, 0, plan.Count, batch);
        Assert.Equal(plan.Examples.Sum(e => e.Tokens), batch.Tokens);
        Assert.True(batch.TokenTypes.IndexOf(1) < 0 && batch.MaskedTokens > 0);
        Assert.Equal(MemoryCorpus.Letters.Special.Sep, batch.Ids[^1]);
        Assert.NotEqual(plan.Examples, examples.Plan(1).Examples);
    }

    [Fact]
    public void One_sentence_is_enough_for_a_single_segment()
    {
        var corpus = new MemoryCorpus(["a b c"]);
        Assert.Equal(1, corpus.Examples(new PretrainingOptions(16, Segments: SegmentKind.Single)).Plan(0).Count);
        Refusals.Of(() => corpus.Examples(new PretrainingOptions(16)), "only one sentence", "Objective");
        Refusals.Of(() => new MemoryCorpus(["a b", "c"]).Examples(new PretrainingOptions(16)), "only one document", "Objective");
        Assert.Equal(1, new MemoryCorpus(["a b", "c"]).Examples(new PretrainingOptions(16, Segments: SegmentKind.InOrderOrSwapped)).Plan(0).Count);
    }

    [Fact]
    public void Swapped_segments_are_half_of_all_and_follow_one_another_the_other_way_round()
    {
        PretrainingExamples examples = MemoryCorpus.Random(6, 300, 12, 8).Examples(new PretrainingOptions(64, Segments: SegmentKind.InOrderOrSwapped));
        IReadOnlyList<ExampleSpan> plan = examples.Plan(0).Examples;
        Assert.All(plan, e =>
        {
            Assert.Equal(e.DocumentA, e.DocumentB);
            Assert.True(e.IsRandom ? e.StartB + e.LengthB <= e.StartA : e.StartA + e.LengthA <= e.StartB);
        });
        double share = plan.Count(e => e.IsRandom) / (double)plan.Count;
        Assert.True(share is > 0.45 and < 0.55, $"{share}");
    }

    [Fact]
    public void Lines_end_where_they_end_for_strings()
    {
        foreach (string text in new[] { "", "a", "a\r\nb\rc\nd\fe\u0085f\u2028g\u2029", "\n\n", "x\r\n\r\n", "\r\r\n\n" })
        {
            string[] expected = text.ReplaceLineEndings("\n").Split('\n');
            using var reader = new StringReader(text);
            Assert.Equal(expected[^1].Length == 0 ? expected[..^1] : expected, LineReader.Lines(reader));
        }
        string words = string.Concat(Enumerable.Repeat("word ", LineReader.Longest / 2));
        using var longer = new StringReader(words);
        string[] cut = [.. LineReader.Lines(longer)];
        Assert.True(cut.Length > 1 && cut.All(line => line.Length <= LineReader.Longest + 8));
        Assert.Equal(words.Replace(" ", ""), string.Concat(cut).Replace(" ", ""));
    }
}
