namespace BareBert.Bert.Data;

/// <summary>What an example of pretraining consists of.</summary>
public enum SegmentKind
{
    /// <summary>Two segments; half of the time the second does not follow the first but is from another document: BERT's next-sentence prediction.</summary>
    NextOrRandom,

    /// <summary>Two segments that follow one another, half of the time swapped: ALBERT's sentence order (Lan et al. 2019, arXiv:1909.11942).</summary>
    InOrderOrSwapped,

    /// <summary>Two segments that follow one another.</summary>
    Following,

    /// <summary>One segment, of one sentence or more: for masked words alone.</summary>
    Single,
}
