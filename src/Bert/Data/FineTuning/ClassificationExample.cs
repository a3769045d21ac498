namespace BareBert.Bert.Data;

/// <summary>One text, or a pair of texts, and what it is labelled with.</summary>
/// <param name="Text">The text; may be empty.</param>
/// <param name="Text2">The second text of a pair, else null.</param>
/// <param name="Label">Index of its class into the data set's label names; −1 where it has no one class.</param>
public sealed record ClassificationExample(string Text, string? Text2, int Label)
{
    /// <summary>[label names] 1 where a label holds, else 0; or the numbers of a regression; null where there is one class.</summary>
    public IReadOnlyList<float>? Targets { get; init; }
}
