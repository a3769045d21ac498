namespace BareBert.Bert.Evaluations;

/// <summary>
/// Multinomial logistic regression on a bag of words: what a classifier that sees no order of words reaches on the same
/// split. A network that is not ahead of it has learned nothing worth its cost.
/// </summary>
internal sealed class BagOfWordsBaseline : ITextBaseline
{
    private readonly BagOfWords _bag;
    private readonly double[] _weights; // [features + 1, classes], the bias last

    private BagOfWordsBaseline(BagOfWords bag, double[] weights, IReadOnlyList<string> labelNames, int iterations) =>
        (_bag, _weights, LabelNames, Iterations) = (bag, weights, labelNames, iterations);

    /// <summary>Names of the classes.</summary>
    public IReadOnlyList<string> LabelNames { get; }

    /// <summary>How many features the vocabulary has.</summary>
    public int Features => _bag.Features;

    /// <summary>How many steps training took.</summary>
    public int Iterations { get; }

    /// <summary>Trains; the result depends on nothing but the data and the options.</summary>
    /// <exception cref="InputException">There is no example, or all are of one class.</exception>
    public static BagOfWordsBaseline Train(ClassificationDataset data, BagOfWordsOptions? options = null)
    {
        options ??= new BagOfWordsOptions();
        data.RequireTrainable("the training data of the bag-of-words baseline");
        var bag = BagOfWords.Learn(data.Examples, options);
        var rows = bag.Transform(data.Examples);
        var loss = new LogisticLoss(rows, data.Labels, data.Classes, options.L2);
        var weights = new double[(bag.Features + 1) * data.Classes];
        int iterations = Lbfgs.Minimise(loss.Evaluate, weights, options.MaxIterations, options.Tolerance);
        return new BagOfWordsBaseline(bag, weights, data.LabelNames, iterations);
    }

    /// <summary>The probabilities of the classes.</summary>
    /// <returns>[examples, classes] row-major; each row sums to 1.</returns>
    public float[] Predict(IReadOnlyList<ClassificationExample> examples)
    {
        int classes = LabelNames.Count;
        var rows = _bag.Transform(examples);
        var probabilities = new float[examples.Count * classes];
        var logits = new double[classes];
        for (int row = 0; row < rows.Count; row++)
        {
            LogisticLoss.Softmax(rows, row, _weights, logits);
            for (int c = 0; c < classes; c++)
                probabilities[row * classes + c] = (float)logits[c];
        }
        return probabilities;
    }

    /// <summary>What the baseline says about other examples of the same classes.</summary>
    /// <param name="data">The examples.</param>
    /// <param name="split">What the outcome is called.</param>
    public ClassificationOutcome Judge(ClassificationDataset data, string split)
    {
        int[] labels = data.Labels;
        float[] probabilities = Predict(data.Examples);
        double loss = labels.Select((label, row) => -Math.Log(Math.Max(probabilities[row * LabelNames.Count + label], float.Epsilon))).Average();
        return new ClassificationOutcome(split, loss, labels, probabilities, LabelNames.Count);
    }

    TextOutcome ITextBaseline.Judge(ClassificationDataset data, string split) => Judge(data, split);
}
