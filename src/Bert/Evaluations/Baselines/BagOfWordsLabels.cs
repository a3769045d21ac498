namespace BareBert.Bert.Evaluations;

/// <summary>A logistic regression on a bag of words for each of several labels, as scikit-learn's <c>OneVsRestClassifier</c>.</summary>
internal sealed class BagOfWordsLabels : ITextBaseline
{
    private readonly BagOfWords _bag;
    private readonly double[][] _weights; // of each label [features + 1, 2], the bias last

    private BagOfWordsLabels(BagOfWords bag, double[][] weights) => (_bag, _weights) = (bag, weights);

    /// <summary>Trains.</summary>
    /// <exception cref="InputException">There is nothing to learn.</exception>
    public static BagOfWordsLabels Train(ClassificationDataset data, BagOfWordsOptions? options = null)
    {
        options ??= new BagOfWordsOptions();
        data.RequireTrainable("the training data of the bag-of-words baseline");
        BagOfWords bag = BagOfWords.Learn(data.Examples, options);
        SparseRows rows = bag.Transform(data.Examples);
        return new BagOfWordsLabels(bag, [.. Enumerable.Range(0, data.Classes).Select(label =>
        {
            var loss = new LogisticLoss(rows, [.. data.Examples.Select(e => e.Targets![label] > 0.5f ? 1 : 0)], 2, options.L2);
            var weights = new double[(bag.Features + 1) * 2];
            Lbfgs.Minimise(loss.Evaluate, weights, options.MaxIterations, options.Tolerance);
            return weights;
        })]);
    }

    public TextOutcome Judge(ClassificationDataset data, string split)
    {
        SparseRows rows = _bag.Transform(data.Examples);
        float[] targets = data.FlatTargets(), probabilities = new float[targets.Length];
        double loss = 0;
        Span<double> p = stackalloc double[2];
        for (int row = 0; row < rows.Count; row++)
        {
            for (int label = 0; label < _weights.Length; label++)
            {
                int i = row * _weights.Length + label;
                LogisticLoss.Softmax(rows, row, _weights[label], p);
                probabilities[i] = (float)p[1];
                loss -= Math.Log(Math.Max(targets[i] > 0.5f ? p[1] : p[0], double.Epsilon));
            }
        }
        return new MultiLabelOutcome(split, loss / targets.Length, targets, probabilities, _weights.Length);
    }
}
