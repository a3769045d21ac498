using Xunit;

namespace BareBert.Tests;

public class BagOfWordsBaselineTests
{
    [Fact]
    public void LearnsWhichWordsMatter()
    {
        var data = Data(("a good film", 0), ("good fun", 0), ("a bad film", 1), ("bad bad fun", 1), ("so so film", 2), ("so so", 2));
        foreach (var weighting in Enum.GetValues<BagOfWordsWeighting>())
        {
            var model = BagOfWordsBaseline.Train(data, new BagOfWordsOptions { Weighting = weighting, L2 = 0.1 });
            ClassificationOutcome outcome = model.Judge(Data(("the good one", 0), ("this bad one", 1), ("so very so", 2)), "test");
            var (report, roc) = (outcome.Report(), outcome.Roc());
            Assert.Equal(1, report.Accuracy);
            Assert.Equal(1, roc.MacroAuc);
            float[] p = model.Predict([new ClassificationExample("unseen words", null, 0)]);
            MetricGolden.Close(1, p.Sum(v => (double)v), 1e-6);
        }
    }

    [Fact]
    public void IsAtTheMinimumOfItsLoss()
    {
        // One word, one binary feature: the penalised loss has a minimum that a search by hand finds as well.
        var data = Data(("yes", 1), ("yes", 1), ("yes", 0), ("no", 0), ("no", 0), ("no", 1));
        var model = BagOfWordsBaseline.Train(data, new BagOfWordsOptions { Weighting = BagOfWordsWeighting.Binary, L2 = 0.5, Tolerance = 1e-10 });
        float[] p = model.Predict([new ClassificationExample("yes", null, 1)]);
        // By symmetry the logit of "yes" is t and of "no" -t; each word and class has weight ±t/4... minimise over t.
        double Loss(double t) => 2 * (2 * Math.Log(1 + Math.Exp(-t)) + Math.Log(1 + Math.Exp(t))) + 0.5 * 0.5 * 4 * (t / 2) * (t / 2);
        double best = Enumerable.Range(0, 400_000).Select(i => i * 1e-5).MinBy(Loss);
        MetricGolden.Close(1 / (1 + Math.Exp(-best)), p[1], 1e-4);
    }

    [Fact]
    public void WordsOfTheSecondTextAreFeaturesOfTheirOwn()
    {
        ClassificationExample[] pairs = [new("xx", "yy", 0), new("yy", "xx", 1), new("xx", "yy", 0), new("yy", "xx", 1)];
        var data = new ClassificationDataset(pairs, ["0", "1"], []);
        Assert.Equal(1, BagOfWordsBaseline.Train(data).Judge(data, "train").Report().Accuracy);
        Assert.Equal(4, BagOfWordsBaseline.Train(data).Features);
    }

    [Fact]
    public void RefusesOneClass() => Assert.Throws<InputException>(() => BagOfWordsBaseline.Train(Data(("aa", 0), ("bb", 0))));

    [Fact]
    public void IsAheadOfGuessingOnTheRealTrees()
    {
        var (train, _, test) = SstTreeDataset.ReadSplits(SharedData.Require("sst", "trees"), trainOnPhrases: false, evaluateOnPhrases: false);
        ClassificationReport report = BagOfWordsBaseline.Train(train).Judge(test!, "test").Report();
        double guess = test!.Balance.Counts.Max() / (double)test.Examples.Count;
        Assert.True(report.Accuracy >= guess + 0.1, $"{report.Accuracy} against {guess}");
    }

    private static ClassificationDataset Data(params (string Text, int Label)[] rows) =>
        new([.. rows.Select(r => new ClassificationExample(r.Text, null, r.Label))], ["0", "1", "2"], []);
}
