namespace BareBert.Bert.Data;

/// <summary>Texts that belong together, and a third that only seems to.</summary>
/// <param name="Anchor">A question, a sentence.</param>
/// <param name="Positive">Its answer, another sentence of the same meaning.</param>
/// <param name="Negative">What looks alike and is wrong; null: none is given.</param>
internal sealed record SentencePair(string Anchor, string Positive, string? Negative = null);
