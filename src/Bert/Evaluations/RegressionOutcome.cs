namespace BareBert.Bert.Evaluations;

/// <summary>What a model said about texts that have numbers.</summary>
/// <param name="Split">"train", "valid" or "test".</param>
/// <param name="Loss">Mean squared error over texts and numbers.</param>
/// <param name="Targets">[n, outputs].</param>
/// <param name="Scores">[n, outputs].</param>
/// <param name="Outputs">Numbers of a text.</param>
public sealed record RegressionOutcome(string Split, double Loss, float[] Targets, float[] Scores, int Outputs) : TextOutcome(Split, Loss)
{
    private static readonly string[] Columns = ["number", "RMSE", "MAE", "R²", "Pearson", "Spearman"];

    /// <inheritdoc/>
    public override int Count => Targets.Length / Outputs;

    /// <summary>The scores of each number.</summary>
    public IReadOnlyList<RegressionScores> Each() => [.. Enumerable.Range(0, Outputs).Select(output => RegressionScores.Of(Column(Targets, output), Column(Scores, output)))];

    /// <inheritdoc/>
    public override Evaluation ToEvaluation()
    {
        IReadOnlyList<RegressionScores> each = Each();
        // Of several numbers the mean: one that is always the same has no correlation.
        double Mean(Func<RegressionScores, double> score) => each.Select(score).Where(double.IsFinite).DefaultIfEmpty(double.NaN).Average();
        return new Evaluation(Split,
        [
            new("loss", Loss), new("rmse", Math.Sqrt(Loss)), new("mae", Mean(s => s.MeanAbsoluteError)), new("r2", Mean(s => s.R2)),
            new("pearson", Mean(s => s.Pearson)), new("spearman", Mean(s => s.Spearman)),
        ]);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ReportTable> Details(IReadOnlyList<string> labels) => Outputs == 1 ? []
        : [new($"Numbers, {Split}", Columns, [.. labels.Zip(Each(), (name, s) => (IReadOnlyList<string>)
            [name, .. new[] { Math.Sqrt(s.MeanSquaredError), s.MeanAbsoluteError, s.R2, s.Pearson, s.Spearman }.Select(value => EvaluationText.Value(new Metric("", value)))])])];

    private double[] Column(float[] values, int output) => [.. Enumerable.Range(0, Count).Select(row => (double)values[row * Outputs + output])];
}
