using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BareBert.Tests;

public class TextMetricTests
{
    [Fact]
    public void StemsAsPorterDoes()
    {
        foreach (string[] pair in File.ReadLines(MetricGolden.Path("stems.txt")).Select(l => l.Split(' ')))
            Assert.Equal($"{pair[0]} {pair[1]}", $"{pair[0]} {PorterStemmer.Stem(pair[0])}");
    }

    [Fact]
    public void BleuAgreesWithNltk()
    {
        var golden = MetricGolden.Json("bleu.json");
        List<string[]> candidates = [];
        List<IReadOnlyList<string[]>> references = [];
        foreach (var c in golden.GetProperty("sentences").EnumerateArray())
        {
            candidates.Add(c.GetProperty("candidate").Strings());
            references.Add([.. c.GetProperty("references").EnumerateArray().Select(r => r.Strings())]);
            double Sentence(BleuSmoothing s) => Bleu.Sentence(candidates[^1], references[^1], s, effectiveOrder: false);
            MetricGolden.Close(c.Number("none"), Sentence(BleuSmoothing.None));
            MetricGolden.Close(c.Number("floor"), Sentence(BleuSmoothing.Floor));
            MetricGolden.Close(c.Number("addOne"), Sentence(BleuSmoothing.AddOne));
            MetricGolden.Close(c.Number("exponential"), Sentence(BleuSmoothing.Exponential));
        }
        MetricGolden.Close(golden.Number("corpus"), Bleu.Corpus(candidates, references));
    }

    [Fact]
    public void BleuOfShortAnswersComparesNoLongerNGramsThanTheAnswerHas()
    {
        string[] paris = ["in", "paris"];
        MetricGolden.Close(1, Bleu.Sentence(paris, [paris]));
        MetricGolden.Close(0, Bleu.Sentence(paris, [paris], BleuSmoothing.None, effectiveOrder: false));
        MetricGolden.Close(Math.Exp(-1), Bleu.Sentence(["paris"], [paris])); // brevity: exp(1 − 2/1)
        MetricGolden.Close(0, Bleu.Sentence([], [paris]));
    }

    [Fact]
    public void RougeByHand()
    {
        // 9 and 8 words; shared the, quick, brown, fox, jumps, dog; pairs the-quick, quick-brown; in order: 5 words.
        var s = Rouge.Score("The quick brown fox jumps over the lazy dog", "The quick brown dog jumps on the log.");
        MetricGolden.Close([6.0 / 8, 6.0 / 9], [s.Rouge1.Precision, s.Rouge1.Recall]);
        MetricGolden.Close([2.0 / 7, 2.0 / 8], [s.Rouge2.Precision, s.Rouge2.Recall]);
        MetricGolden.Close([5.0 / 8, 5.0 / 9], [s.RougeL.Precision, s.RougeL.Recall]);
        MetricGolden.Close(2 * (5.0 / 8) * (5.0 / 9) / (5.0 / 8 + 5.0 / 9), s.RougeL.F1);
        Assert.Equal(0, Rouge.Score("testing", "tests").Rouge1.F1);
        Assert.Equal(1, Rouge.Score("testing", "tests", stem: true).Rouge1.F1);
        Assert.Equal(default, Rouge.Score("", ""));
    }

    [Fact]
    public void RougeTakesTheBestReference() => Assert.Equal(1, Rouge.Best(["Rome", "in Paris"], "In Paris!").RougeL.F1);

    [Fact]
    public void MeteorByHand()
    {
        // The worked examples of the metric's description: one chunk, two chunks, a word too many.
        MetricGolden.Close(1 - 0.5 * Math.Pow(1 / 6.0, 3), Meteor.Score("the cat sat on the mat", "the cat sat on the mat"));
        MetricGolden.Close(1 - 0.5 * Math.Pow(3 / 6.0, 3), Meteor.Score("the cat sat on the mat", "on the mat sat the cat"));
        double p = 6 / 7.0, mean = 10 * p / (1 + 9 * p);
        MetricGolden.Close(mean * (1 - 0.5 * Math.Pow(2 / 6.0, 3)), Meteor.Score("the cat sat on the mat", "the cat was sat on the mat"));
        Assert.Equal(0, Meteor.Score("", "cat"));
        Assert.Equal(0, Meteor.Score("cat", ""));
        MetricGolden.Close(0.5, Meteor.Score("running", "runs")); // by stem; a single match is one chunk of one
    }

    [Fact]
    public void MeteorPairsWithTheFewestChunks() =>
        Prop.ForAll(Words().ToArbitrary(), Words().ToArbitrary(), (reference, candidate) =>
            MeteorAlignment.Find(reference, candidate) == BestByTryingAll(reference, candidate)).HoldsFor();

    [Fact]
    public void EveryMeasureIsBetweenZeroAndOneOnAnyText() =>
        Prop.ForAll(ArbMap.Default.ArbFor<string>(), ArbMap.Default.ArbFor<string>(), (a, b) =>
        {
            (a, b) = (a ?? "", b ?? "");
            var rouge = Rouge.Score(a, b, stem: true);
            double[] all = [Meteor.Score(a, b), rouge.Rouge1.F1, rouge.Rouge2.F1, rouge.RougeL.F1,
                Bleu.Sentence(MetricTokens.Words(a), [MetricTokens.Words(b)]), SquadAnswerText.F1V2(a, b)];
            return all.All(v => v is >= 0 and <= 1) && PorterStemmer.Stem(a).Length <= a.Length + 1;
        }).HoldsFor();

    private static Gen<string[]> Words() =>
        Gen.Choose(0, 6).SelectMany(n => Gen.Elements("a", "b", "c").ArrayOf(n));

    private static (int Matches, int Chunks) BestByTryingAll(string[] reference, string[] candidate)
    {
        (int Matches, int Chunks) best = (0, 0);
        void Try(int at, ulong used, int last, int matches, int chunks)
        {
            if (at == candidate.Length)
            {
                if (matches > best.Matches || (matches == best.Matches && chunks < best.Chunks)) best = (matches, chunks);
                return;
            }
            Try(at + 1, used, -2, matches, chunks);
            for (int r = 0; r < reference.Length; r++)
            {
                if (reference[r] == candidate[at] && (used >> r & 1) == 0)
                    Try(at + 1, used | 1UL << r, r, matches + 1, chunks + (r == last + 1 ? 0 : 1));
            }
        }
        Try(0, 0, -2, 0, 0);
        return best;
    }
}
