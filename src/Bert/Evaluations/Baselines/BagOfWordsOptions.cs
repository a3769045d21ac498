namespace BareBert.Bert.Evaluations;

/// <summary>What a word counts in a bag of words.</summary>
internal enum BagOfWordsWeighting
{
    /// <summary>How often it occurs in the text.</summary>
    Counts,

    /// <summary>1 if it occurs.</summary>
    Binary,

    /// <summary>Count times log of how rare it is among texts, each text scaled to length 1: scikit-learn's <c>TfidfVectorizer</c>.</summary>
    TfIdf,
}

/// <summary>How the bag-of-words baseline is made.</summary>
internal sealed record BagOfWordsOptions
{
    /// <summary>What a word counts.</summary>
    public BagOfWordsWeighting Weighting { get; init; } = BagOfWordsWeighting.TfIdf;

    /// <summary>Longest run of words that is a feature: 1 for words, 2 for pairs as well.</summary>
    public int NGrams { get; init; } = 1;

    /// <summary>A feature must occur in this many training texts.</summary>
    public int MinDocuments { get; init; } = 2;

    /// <summary>Strength of the L2 penalty: the loss is summed over texts and ½·L2·‖w‖² added (scikit-learn's 1/C). The bias is free.</summary>
    public double L2 { get; init; } = 1;

    /// <summary>Most steps of the optimiser.</summary>
    public int MaxIterations { get; init; } = 200;

    /// <summary>Training stops when no component of the mean gradient is larger.</summary>
    public double Tolerance { get; init; } = 1e-5;
}
