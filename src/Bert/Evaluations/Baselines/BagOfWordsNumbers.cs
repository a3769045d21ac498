namespace BareBert.Bert.Evaluations;

/// <summary>Ridge regression on a bag of words: what numbers a reader without order of words guesses.</summary>
internal sealed class BagOfWordsNumbers : ITextBaseline
{
    private readonly BagOfWords _bag;
    private readonly double[] _weights; // [features + 1, outputs], the bias last
    private readonly int _outputs;

    private BagOfWordsNumbers(BagOfWords bag, double[] weights, int outputs) => (_bag, _weights, _outputs) = (bag, weights, outputs);

    /// <summary>Trains.</summary>
    /// <exception cref="InputException">There is nothing to learn.</exception>
    public static BagOfWordsNumbers Train(ClassificationDataset data, BagOfWordsOptions? options = null)
    {
        options ??= new BagOfWordsOptions();
        data.RequireTrainable("the training data of the bag-of-words baseline");
        BagOfWords bag = BagOfWords.Learn(data.Examples, options);
        var loss = new SquaredLoss(bag.Transform(data.Examples), data.FlatTargets(), data.Classes, options.L2);
        var weights = new double[(bag.Features + 1) * data.Classes];
        Lbfgs.Minimise(loss.Evaluate, weights, options.MaxIterations, options.Tolerance);
        return new BagOfWordsNumbers(bag, weights, data.Classes);
    }

    public TextOutcome Judge(ClassificationDataset data, string split)
    {
        SparseRows rows = _bag.Transform(data.Examples);
        float[] targets = data.FlatTargets(), scores = new float[targets.Length];
        double loss = 0;
        var y = new double[_outputs];
        for (int row = 0; row < rows.Count; row++)
        {
            rows.Multiply(row, _weights, y);
            for (int output = 0; output < _outputs; output++)
            {
                int i = row * _outputs + output;
                scores[i] = (float)y[output];
                loss += (y[output] - targets[i]) * (y[output] - targets[i]);
            }
        }
        return new RegressionOutcome(split, loss / targets.Length, targets, scores, _outputs);
    }

    /// <summary>Half the mean squared error on sparse rows, with an L2 penalty on all weights but the bias.</summary>
    private sealed class SquaredLoss(SparseRows rows, float[] targets, int outputs, double l2)
    {
        public double Evaluate(ReadOnlySpan<double> weights, Span<double> gradient)
        {
            double scale = 1.0 / rows.Count, loss = 0;
            gradient.Clear();
            var error = new double[outputs];
            for (int row = 0; row < rows.Count; row++)
            {
                rows.Multiply(row, weights, error);
                for (int output = 0; output < outputs; output++)
                {
                    error[output] -= targets[row * outputs + output];
                    loss += 0.5 * error[output] * error[output];
                }
                rows.AddOuter(row, error, gradient);
            }
            ReadOnlySpan<double> penalised = weights[..^outputs];
            FlatVector.AddScaled(penalised, l2, gradient);
            FlatVector.Scale(gradient, scale);
            return scale * (loss + 0.5 * l2 * FlatVector.Dot(penalised, penalised));
        }
    }
}
