namespace BareBert.Bert.Evaluations;

/// <summary>The mean cross-entropy of softmax regression on sparse rows, with an L2 penalty on all weights but the bias.</summary>
/// <param name="rows">One sparse row an example.</param>
/// <param name="labels">[rows] true classes.</param>
/// <param name="classes">How many classes there are.</param>
/// <param name="l2">Strength of the penalty beside the summed loss; here both are divided by the number of rows.</param>
internal sealed class LogisticLoss(SparseRows rows, int[] labels, int classes, double l2)
{
    /// <summary>Value and gradient at <paramref name="weights"/>, [features + 1, classes].</summary>
    public double Evaluate(ReadOnlySpan<double> weights, Span<double> gradient)
    {
        double scale = 1.0 / rows.Count, loss = 0;
        gradient.Clear();
        var p = new double[classes];
        for (int row = 0; row < rows.Count; row++)
        {
            Softmax(rows, row, weights, p);
            loss -= Math.Log(Math.Max(p[labels[row]], double.Epsilon));
            p[labels[row]] -= 1;
            rows.AddOuter(row, p, gradient);
        }
        // d/dw of ½·l2·|w|² is l2·w; the bias, in the last row, is free.
        var penalised = weights[..^classes];
        FlatVector.AddScaled(penalised, l2, gradient);
        FlatVector.Scale(gradient, scale);
        return scale * (loss + 0.5 * l2 * FlatVector.Dot(penalised, penalised));
    }

    /// <summary>The probabilities of one row.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="row">Which one.</param>
    /// <param name="weights">[features + 1, classes].</param>
    /// <param name="p">[classes], overwritten.</param>
    public static void Softmax(SparseRows rows, int row, ReadOnlySpan<double> weights, Span<double> p)
    {
        rows.Multiply(row, weights, p);
        Probabilities.Normalise(p);
    }
}
