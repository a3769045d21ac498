using Xunit;

namespace BareBert.Tests;

/// <summary>Masking against the numbers of Devlin et al. 2018, §3.1. Seeds are fixed; bounds are five standard deviations.</summary>
public class MaskingTests
{
    private static readonly SpecialTokens Special = MemoryCorpus.Letters.Special;

    /// <summary>Every example of an epoch, with the tokens it had before it was masked.</summary>
    private static IEnumerable<(int[] Original, PretrainingBatch Masked)> Each(PretrainingExamples examples, int epoch = 0)
    {
        EpochPlan plan = examples.Plan(epoch);
        var batch = new PretrainingBatch(1, examples.Options.SequenceLength);
        for (int i = 0; i < plan.Count; i++)
        {
            examples.Fill(plan, i, 1, batch);
            ExampleSpan span = plan.Examples[i];
            var original = new int[span.Tokens];
            original[0] = Special.Cls;
            examples.Split.CopyIds(span.StartA, original.AsSpan(1, span.LengthA));
            original[span.LengthA + 1] = Special.Sep;
            examples.Split.CopyIds(span.StartB, original.AsSpan(span.LengthA + 2, span.LengthB));
            original[^1] = Special.Sep;
            yield return (original, batch);
        }
    }

    private static void AssertShare(double expected, long count, long of, string what)
    {
        double share = (double)count / of, bound = 5 * Math.Sqrt(expected * (1 - expected) / of);
        Assert.True(Math.Abs(share - expected) <= bound, $"{what}: {share:F4} of {of}, expected {expected} ± {bound:F4}");
    }

    [Theory]
    [InlineData(0.15)]
    [InlineData(0.4)]
    public void Chooses_the_given_share_of_every_example(double share)
    {
        var examples = MemoryCorpus.Random(1, 40, 30, 12).Examples(new PretrainingOptions(64, share));
        foreach (var (original, masked) in Each(examples))
            Assert.Equal(Math.Max(1, (int)Math.Round(original.Length * share)), masked.MaskedTokens);
    }

    [Fact]
    public void Hides_80_percent_replaces_10_keeps_10()
    {
        long hidden = 0, kept = 0, all = 0;
        var replacements = new long[MemoryCorpus.Letters.VocabularySize];
        foreach (var (original, masked) in Each(MemoryCorpus.Random(2, 400, 40, 12).Examples(new PretrainingOptions(128))))
        {
            for (int row = 0; row < masked.MaskedTokens; row++)
            {
                int position = masked.MaskedPositions[row], now = masked.Ids[position];
                Assert.Equal(original[position], masked.MaskedLabels[row]);
                all++;
                hidden += now == Special.Mask ? 1 : 0;
                kept += now == original[position] ? 1 : 0;
                if (now != Special.Mask && now != original[position])
                    replacements[now]++;
            }
        }
        double same = 0.1 / 52; // one of the 52 random words is the word itself
        AssertShare(0.8, hidden, all, "hidden");
        AssertShare(0.1 + same, kept, all, "kept");
        AssertShare(0.1 - same, replacements.Sum(), all, "replaced");
        Assert.Equal(0, replacements[..6].Sum()); // [PAD] … [unused0]
        for (int id = 6; id < 32; id++)
            AssertShare(1.0 / 52, replacements[id + 26], replacements.Sum(), "one random word"); // continuations do not occur in this text
    }

    [Fact]
    public void Leaves_everything_else_alone_and_never_chooses_special_tokens()
    {
        var documents = Enumerable.Range(0, 50).Select(i => new[] { "a 中 b", "[UNK] c 中 中", "d e f [MASK] g", "中 中" });
        int unknown = 0;
        foreach (var (original, masked) in Each(new MemoryCorpus(documents).Examples(new PretrainingOptions(16, 0.5))))
        {
            int row = 0;
            for (int i = 0; i < original.Length; i++)
            {
                if (row < masked.MaskedTokens && masked.MaskedPositions[row] == i)
                    Assert.False(Special.Contains(masked.MaskedLabels[row++]));
                else
                    Assert.Equal(original[i], masked.Ids[i]);
                unknown += original[i] == Special.Unknown ? 1 : 0;
            }
            Assert.Equal(masked.MaskedTokens, row);
        }
        Assert.True(unknown > 100);
    }

    [Fact]
    public void Every_place_is_as_likely_as_any_other()
    {
        long early = 0, all = 0;
        foreach (var (original, masked) in Each(MemoryCorpus.Random(3, 200, 40, 12).Examples(new PretrainingOptions(67, ShortProbability: 0))))
        {
            if (original.Length != 67)
                continue;
            foreach (int position in masked.MaskedPositions)
                early += position <= 16 ? 1 : 0; // segment A has at least a token: position 1 to 16 hold [SEP] at times
            all += masked.MaskedTokens;
        }
        double share = (double)early / all;
        Assert.InRange(share, 0.22, 0.26);
    }

    [Fact]
    public void Whole_words_are_chosen_whole()
    {
        bool several = false;
        long chosen = 0, tokens = 0;
        var examples = MemoryCorpus.Random(4, 60, 30, 10, mostLetters: 4).Examples(new PretrainingOptions(96, WholeWords: true));
        foreach (var (original, masked) in Each(examples))
        {
            bool[] isChosen = new bool[original.Length];
            foreach (int position in masked.MaskedPositions)
                isChosen[position] = true;
            for (int i = 1; i < original.Length; i++)
            {
                if (!MemoryCorpus.Letters.IsContinuation(original[i]) || Special.Contains(original[i - 1]))
                    continue;
                Assert.Equal(isChosen[i - 1], isChosen[i]);
                several |= isChosen[i];
            }
            Assert.True(masked.MaskedTokens <= Math.Max(1, Math.Round(original.Length * 0.15)));
            chosen += masked.MaskedTokens;
            tokens += original.Length;
        }
        Assert.True(several);
        Assert.InRange((double)chosen / tokens, 0.14, 0.155);
    }

    [Fact]
    public void Masks_are_fresh_in_every_epoch_and_the_same_when_drawn_again()
    {
        var examples = MemoryCorpus.Random(5, 30, 20, 10).Examples(new PretrainingOptions(64));
        List<int[]> Ids(PretrainingExamples from, int epoch) => [.. Each(from, epoch).Select(e => e.Masked.Ids.ToArray())];
        var again = MemoryCorpus.Random(5, 30, 20, 10).Examples(new PretrainingOptions(64));
        Assert.Equal(Ids(examples, 3), Ids(again, 3));
        Assert.NotEqual(Ids(examples, 3), Ids(examples, 4));
        Assert.NotEqual(Ids(examples, 3), Ids(MemoryCorpus.Random(5, 30, 20, 10).Examples(new PretrainingOptions(64, Seed: 2)), 3));
    }
}
