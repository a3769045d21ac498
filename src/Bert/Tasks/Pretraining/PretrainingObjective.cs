namespace BareBert.Bert.Tasks;

/// <summary>What is learned in pretraining.</summary>
public enum PretrainingObjective
{
    /// <summary>Masked words alone, of texts of one sentence or more.</summary>
    Words,

    /// <summary>Masked words, and whether the second segment is the text that follows the first.</summary>
    WordsAndNext,

    /// <summary>Masked words, and whether two segments stand in their order.</summary>
    WordsAndOrder,
}
