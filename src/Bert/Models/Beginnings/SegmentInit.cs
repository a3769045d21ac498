namespace BareBert.Bert.Models;

/// <summary>
/// Has the heads of the last layer begin by looking at one segment each, by turns at the first and the second. What is said of a pair, whether the second sentence follows the first, is said by comparing the two:
/// [CLS] then reads each by itself, and has two readings to compare, where it would have one of both.
/// </summary>
/// <remarks>
/// In trained models that tell next sentences by what the segments are about, [CLS] reads the names of one segment with one head of the last layer and those of both with another. To learn that takes a model long, and some
/// runs never do: neither what is read nor whose it is helps without the other.
/// A key is given a part along a direction u of its head, ±(t·x)·u, where t is the difference of the segments' embeddings, and the query's bias one of u: the score is then higher by a constant in the head's own segment.
/// </remarks>
internal static class SegmentInit
{
    // By how much: a token of a head's own segment has e³ = 20 times the weight of one of the other's.
    private const double Preference = 3;

    /// <summary>Adds it to what the last layer begins with; nothing where there are no segments, or no last layer of its own.</summary>
    /// <param name="model">A new one, its embeddings as they are to begin.</param>
    public static void Apply(BertModel model)
    {
        if (model.Config.TypeVocabSize < 2 || AttentionWeights.OfLast(model) is not ParameterSpec joined)
            return;
        double[] difference = SegmentDifference(model);
        int width = joined.Shape[1], headRows = width / model.Config.Heads;
        double norm = Math.Sqrt(difference.Sum(x => x * x));
        double factor = Math.Sqrt(Preference * Math.Sqrt(headRows) / norm), direction = factor / Math.Sqrt(headRows);
        float[] weights = model.CopyOf(joined), biases = model.CopyOf(AttentionWeights.BiasOf(model, joined));
        for (int row = 0; row < width; row++)
        {
            double u = row % 2 == 0 ? direction : -direction, sign = row / headRows % 2 == 0 ? -1 : 1;
            biases[row] += (float)u;
            Span<float> key = weights.AsSpan((width + row) * width, width);
            for (int i = 0; i < width; i++)
                key[i] += (float)(sign * u * difference[i] / norm);
        }
        model.Set(joined, weights);
        model.Set(AttentionWeights.BiasOf(model, joined), biases);
    }

    // The second segment's embedding less the first's, as the layers get it: LayerNorm divides the sum of a word, a position and a segment by its deviation,
    // and ALBERT makes it as wide as the layers.
    private static double[] SegmentDifference(BertModel model)
    {
        double variance = 0;
        foreach (string table in new[] { "embeddings.word", "embeddings.position", "embeddings.type" })
            variance += model.CopyOf(model.Layout[table]).Average(x => (double)x * x);
        float[] types = model.CopyOf(model.Layout["embeddings.type"]);
        int width = types.Length / model.Config.TypeVocabSize;
        double[] difference = [.. Enumerable.Range(0, width).Select(i => (types[width + i] - types[i]) / Math.Sqrt(variance))];
        if (!model.Layout.Contains("embeddings.projection.weight"))
            return difference;
        float[] projection = model.CopyOf(model.Layout["embeddings.projection.weight"]);
        return [.. projection.Chunk(width).Select(row => row.Zip(difference, (w, d) => w * d).Sum())];
    }
}
