namespace BareBert.Bert.Data;

/// <summary>The five classes of the Stanford Sentiment Treebank, the best first: 0 is very positive, 4 is very negative.</summary>
/// <remarks>
/// Both readers, of the Stanford files and of the trees, give this order, so that a model trained on one can be evaluated on the
/// other. (In the tree files themselves 4 is very positive.)
/// </remarks>
internal static class SstLabels
{
    /// <summary>Names of the classes 0 to 4.</summary>
    public static IReadOnlyList<string> Names { get; } = ["very positive", "positive", "neutral", "negative", "very negative"];

    /// <summary>The class of a sentiment value: [0, .2] is very negative, (.2, .4] negative, … (.8, 1] very positive.</summary>
    /// <param name="value">From 0 to 1.</param>
    public static int OfValue(double value) => value <= 0.2 ? 4 : value <= 0.4 ? 3 : value <= 0.6 ? 2 : value <= 0.8 ? 1 : 0;

    /// <summary>The class of a tree's label, 0 (very negative) to 4 (very positive).</summary>
    public static int OfTreeLabel(int label) => 4 - label;
}
