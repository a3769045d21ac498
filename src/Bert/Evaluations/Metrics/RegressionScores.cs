namespace BareBert.Bert.Evaluations;

/// <summary>How near numbers are to what they should be.</summary>
/// <param name="MeanSquaredError">Mean of (score − target)².</param>
/// <param name="MeanAbsoluteError">Mean of |score − target|.</param>
/// <param name="R2">1 − squared error over that of the targets' mean; NaN where all targets are equal.</param>
/// <param name="Pearson">See <see cref="Correlation.Pearson"/>.</param>
/// <param name="Spearman">See <see cref="Correlation.Spearman"/>.</param>
public readonly record struct RegressionScores(double MeanSquaredError, double MeanAbsoluteError, double R2, double Pearson, double Spearman)
{
    /// <summary>Scores numbers.</summary>
    /// <param name="targets">[n], at least one.</param>
    /// <param name="scores">[n].</param>
    public static RegressionScores Of(double[] targets, double[] scores)
    {
        double mean = targets.Average(), squares = 0, distances = 0, spread = 0;
        for (int i = 0; i < targets.Length; i++)
        {
            squares += (scores[i] - targets[i]) * (scores[i] - targets[i]);
            distances += Math.Abs(scores[i] - targets[i]);
            spread += (targets[i] - mean) * (targets[i] - mean);
        }
        return new RegressionScores(squares / targets.Length, distances / targets.Length, spread > 0 ? 1 - squares / spread : double.NaN,
            Correlation.Pearson(targets, scores), Correlation.Spearman(targets, scores));
    }
}
