using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BareBert.Tests;

public class PretrainingBatchTests
{
    private static readonly PretrainingExamples Examples = MemoryCorpus.Random(1, 60, 20, 9, 2).Examples(new PretrainingOptions(40));

    [Fact]
    public void Examples_lie_end_to_end_without_padding()
    {
        EpochPlan plan = Examples.Plan(0);
        var cases = Gen.Choose(1, 9).SelectMany(count => Gen.Choose(0, plan.Count - count).Select(first => (first, count))).ToArbitrary();
        var special = Examples.Vocabulary.Special;
        Prop.ForAll(cases, c =>
        {
            var batch = new PretrainingBatch(9, 40);
            Examples.Fill(plan, c.first, c.count, batch);
            Assert.Equal(c.count, batch.Sequences);
            Assert.Equal(0, batch.Offsets[0]);
            for (int b = 0; b < c.count; b++)
            {
                ExampleSpan span = plan.Examples[c.first + b];
                int start = batch.Offsets[b], end = batch.Offsets[b + 1], separator = start + span.LengthA + 1;
                Assert.Equal(span.Tokens, end - start);
                Assert.Equal((special.Cls, special.Sep, special.Sep), (batch.Ids[start], batch.Ids[separator], batch.Ids[end - 1]));
                for (int i = start; i < end; i++)
                    Assert.Equal((i - start, i <= separator ? 0 : 1), (batch.Positions[i], batch.TokenTypes[i]));
                Assert.Equal(span.IsRandom ? 1 : 0, batch.NextSentenceLabels[b]);
            }
            Assert.Equal(batch.Tokens, batch.Offsets[^1]);
            int before = -1;
            foreach (int position in batch.MaskedPositions)
            {
                Assert.True(position > before && position < batch.Tokens);
                before = position;
            }
            Assert.Equal(batch.MaskedPositions.Length, batch.MaskedLabels.Length);
        }).HoldsFor();
    }

    [Fact]
    public void Any_example_can_be_had_at_any_time()
    {
        EpochPlan plan = Examples.Plan(2);
        var all = new PretrainingBatch(plan.Count, 40);
        Examples.Fill(plan, 0, plan.Count, all);
        var one = new PretrainingBatch(1, 40);
        for (int i = plan.Count - 1; i >= 0; i--)
        {
            Examples.Fill(plan, i, 1, one);
            Assert.Equal(all.Ids[all.Offsets[i]..all.Offsets[i + 1]], one.Ids);
        }
    }

    [Fact]
    public void Filling_allocates_nothing()
    {
        EpochPlan plan = Examples.Plan(0);
        var batch = new PretrainingBatch(8, 40);
        FillAll();
        Assert.Equal(0, Allocations.Of(FillAll));

        void FillAll()
        {
            for (int i = 0; i < 50; i++)
                Examples.Fill(plan, i, 8, batch);
        }
    }

    [Fact]
    public void Refuses_more_examples_than_there_is_room_for()
    {
        EpochPlan plan = Examples.Plan(0);
        var batch = new PretrainingBatch(2, 40);
        Assert.Throws<ArgumentOutOfRangeException>(() => Examples.Fill(plan, 0, 3, batch));
        Assert.Throws<ArgumentOutOfRangeException>(() => Examples.Fill(plan, 0, 0, batch));
        Assert.Throws<ArgumentOutOfRangeException>(() => Examples.Fill(plan, plan.Count - 1, 2, batch));
    }

    /// <summary>What a window holds, however it is cut into micro-batches.</summary>
    private static string Contents(BatchWindow window)
    {
        List<int> ids = [], labels = [], next = [];
        foreach (PretrainingBatch batch in window.Batches)
        {
            ids.AddRange(batch.Ids);
            labels.AddRange(batch.MaskedLabels);
            next.AddRange(batch.NextSentenceLabels);
            int[] read = batch.ReadPositions.ToArray();
            Assert.Equal(read.Order().Distinct(), read);
            Assert.Equal(batch.Offsets[..^1].ToArray(), batch.FirstRows.ToArray().Select(row => read[row]));
            Assert.Equal(batch.MaskedPositions.ToArray(), batch.MaskedRows.ToArray().Select(row => read[row]));
        }
        Assert.Equal((labels.Count, next.Count, ids.Count), (window.MaskedTokens, window.Sequences, window.Tokens));
        return $"{window.Position} {window.EndsEpoch}: {string.Join(' ', ids)} | {string.Join(' ', labels)} | {string.Join(' ', next)}";
    }

    private static List<string> Take(int windows, int batchSize, int accumulate, WindowPosition start = default)
    {
        using var feed = new BatchFeed(Examples, batchSize, accumulate, start);
        return [.. Enumerable.Range(0, windows).Select(_ => Contents(feed.Next()))];
    }

    [Fact]
    public void Micro_batches_make_the_same_window() => Assert.Equal(Take(40, 32, 1), Take(40, 8, 4));

    /// <summary>Memory is that of the examples, not of a batch that may hold any number.</summary>
    [Fact]
    public void A_batch_larger_than_the_data_holds_all_of_it()
    {
        using var feed = new BatchFeed(Examples, 1 << 30);
        foreach (int epoch in (int[])[0, 1, 2])
        {
            BatchWindow window = feed.Next();
            Assert.Equal((1, Examples.Plan(epoch).Count), (window.Count, window[0].Sequences));
            Assert.InRange(window[0].Capacity, window.Sequences, 2 * window.Sequences);
        }
    }

    [Fact]
    public void A_resumed_feed_goes_on_where_the_other_stopped()
    {
        int epoch = BatchWindow.CountIn(Examples.Plan(0), 8, 2);
        List<string> whole = Take(epoch + 8, 8, 2);
        Assert.Equal(whole[3..], Take(epoch + 5, 8, 2, new WindowPosition(0, 3)));
        Assert.Equal(whole[epoch..], Take(8, 8, 2, new WindowPosition(0, epoch)));
        Assert.Equal(whole[(epoch + 2)..], Take(6, 8, 2, new WindowPosition(1, 2)));
    }

    [Fact]
    public void An_epoch_gives_every_example_once()
    {
        EpochPlan plan = Examples.Plan(0);
        using var feed = new BatchFeed(Examples, 7, 3);
        int examples = 0, windows = 0;
        BatchWindow window;
        do
        {
            window = feed.Next();
            Assert.Equal(new WindowPosition(0, windows++), window.Position);
            examples += window.Sequences;
        }
        while (!window.EndsEpoch);
        Assert.Equal(plan.Count, examples);
        Assert.Equal(BatchWindow.CountIn(plan, 7, 3), windows);
        Assert.Equal(new WindowPosition(1, 0), feed.Next().Position);
    }

    [Theory]
    [InlineData(0, 1, "`BatchSize` 0")]
    [InlineData(-3, 1, "`BatchSize` -3")]
    [InlineData(8, 0, "`GradAccum` 0")]
    public void Refuses_sizes_that_are_none(int batchSize, int accumulate, string reason) =>
        Assert.Contains(reason, Assert.Throws<InputException>(() => new BatchFeed(Examples, batchSize, accumulate)).Message);

    [Fact]
    public void The_unigram_baseline_is_add_one_smoothed_counts()
    {
        var examples = new MemoryCorpus(["a a a", "b"], ["a b", "中"]).Examples(new PretrainingOptions());
        var baseline = new UnigramBaseline(examples.Split, examples.Vocabulary);
        // 53 maskable tokens: a … z, their continuations, [unused0]; 4 a and 2 b counted, the unknown word is never masked.
        Assert.Equal(Math.Log((6 + 53) / 5.0), baseline.NegativeLogProbability(MemoryCorpus.Letters.IdOf("a")), 12);
        Assert.Equal(Math.Log((6 + 53) / 1.0), baseline.NegativeLogProbability(MemoryCorpus.Letters.IdOf("z")), 12);
        Assert.Equal(double.PositiveInfinity, baseline.NegativeLogProbability(MemoryCorpus.Letters.Special.Unknown));
        double loss = baseline.MaskedLoss(examples, examples.Plan(0));
        Assert.InRange(loss, Math.Log(59 / 5.0), Math.Log(59 / 3.0));
    }
}
