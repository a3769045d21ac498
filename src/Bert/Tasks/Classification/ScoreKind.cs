namespace BareBert.Bert.Tasks;

/// <summary>What a sequence classifier's outputs are made into.</summary>
public enum ScoreKind
{
    /// <summary>One class of several holds: probabilities that sum to 1.</summary>
    Softmax,

    /// <summary>Each class holds or not, or there is but one: a probability each.</summary>
    Sigmoid,

    /// <summary>Numbers as they are: a regression's.</summary>
    Plain,
}
