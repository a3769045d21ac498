namespace BareBert.Bert.Tasks;

/// <summary>A text that was compared with another.</summary>
/// <param name="Index">Its place among those that were compared.</param>
/// <param name="Text">The text.</param>
/// <param name="Score">The higher the more alike: the cosine, from −1 to 1, unless the model says otherwise.</param>
public readonly record struct SimilarText(int Index, string Text, double Score);
