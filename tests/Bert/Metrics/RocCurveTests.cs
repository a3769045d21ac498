using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BareBert.Tests;

public class RocCurveTests
{
    [Fact]
    public void AgreesWithScikitLearnTiesIncluded()
    {
        foreach (var c in MetricGolden.Json("roc.json").GetProperty("curves").EnumerateArray())
        {
            bool[] positive = [.. c.Ints("labels").Select(l => l == 1)];
            var curve = RocCurve.Compute(positive, c.Doubles("scores"), c.GetProperty("drop").GetBoolean());
            MetricGolden.Close(c.Doubles("fpr"), curve.Points.Select(p => p.FalsePositiveRate));
            MetricGolden.Close(c.Doubles("tpr"), curve.Points.Select(p => p.TruePositiveRate));
            MetricGolden.Close(c.Doubles("thresholds"), curve.Points.Skip(1).Select(p => p.Threshold));
            MetricGolden.Close(c.Number("auc"), curve.Auc!.Value);
            Assert.Equal(new RocPoint(0, 0, double.PositiveInfinity), curve.Points[0]);
        }
    }

    [Fact]
    public void OneVersusRestAgreesWithScikitLearn()
    {
        foreach (var c in MetricGolden.Json("roc.json").GetProperty("one_vs_rest").EnumerateArray())
        {
            float[] scores = [.. c.Doubles("scores").Select(s => (float)s)];
            var roc = RocOneVsRest.Compute(c.Ints("labels"), scores, c.GetProperty("classes").GetInt32());
            MetricGolden.Close(c.Number("macro"), roc.MacroAuc!.Value);
            MetricGolden.Close(c.Number("weighted"), roc.WeightedAuc!.Value);
            Assert.Empty(roc.UndefinedClasses);
        }
    }

    [Fact]
    public void TheAreaIsTheShareOfPairsInOrderTiesCountingHalf() =>
        Prop.ForAll(ArbMap.Default.ArbFor<(bool Positive, byte Score)[]>(), examples =>
        {
            var curve = RocCurve.Compute([.. examples.Select(e => e.Positive)], [.. examples.Select(e => e.Score / 16.0)]);
            var pairs = (from p in examples where p.Positive from n in examples where !n.Positive select Math.Sign(p.Score - n.Score)).ToArray();
            return pairs.Length == 0
                ? curve.Auc is null && curve.Points.Count == 0
                : Math.Abs(curve.Auc!.Value - pairs.Average(s => (1 + s) / 2.0)) <= 1e-12;
        }).HoldsFor();

    [Fact]
    public void AClassWithoutExamplesHasNoAreaAndStaysOutOfTheMean()
    {
        var roc = RocOneVsRest.Compute([0, 1, 1], [0.8f, 0.1f, 0.1f, 0.2f, 0.7f, 0.1f, 0.3f, 0.6f, 0.1f], 3);
        Assert.Equal([2], roc.UndefinedClasses);
        Assert.Null(roc.Curves[2].Auc);
        Assert.Equal(1.0, roc.MacroAuc);
        Assert.Null(RocOneVsRest.Compute([1, 1], [0.5f, 0.5f, 0.5f, 0.5f], 2).HeadlineAuc);
    }

    [Fact]
    public void RefusesAScoreThatIsNotANumber() => Assert.Contains(
        "example 1", Assert.Throws<InputException>(() => RocCurve.Compute([true, false], [0.5, double.NaN])).Message);
}
