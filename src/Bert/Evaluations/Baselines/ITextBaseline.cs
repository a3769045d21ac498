namespace BareBert.Bert.Evaluations;

/// <summary>What a reader that sees no order of words reaches on the same texts.</summary>
internal interface ITextBaseline
{
    /// <summary>What it says about other examples of the same labels.</summary>
    /// <param name="data">The examples.</param>
    /// <param name="split">What the outcome is called.</param>
    TextOutcome Judge(ClassificationDataset data, string split);

    /// <summary>Trains one for what the labels mean; the result depends on nothing but the data and the options.</summary>
    /// <exception cref="InputException">There is nothing to learn.</exception>
    static ITextBaseline Train(ClassificationDataset data, BagOfWordsOptions? options = null) => data.ProblemType switch
    {
        ProblemType.MultiLabel => BagOfWordsLabels.Train(data, options),
        ProblemType.Regression => BagOfWordsNumbers.Train(data, options),
        _ => BagOfWordsBaseline.Train(data, options),
    };
}
