namespace BareBert.Bert.Evaluations;

/// <summary>Turns texts into sparse counts of words, with a vocabulary learned from training texts.</summary>
/// <remarks>
/// A word is a run of at least two letters, digits or underscores, in lower case: scikit-learn's default. Words of a second text are
/// features of their own.
/// </remarks>
internal sealed class BagOfWords
{
    private const char SecondText = '\u0002', Joint = ' ';
    private readonly Dictionary<string, int> _vocabulary = new(StringComparer.Ordinal);
    private readonly BagOfWordsOptions _options;
    private float[] _idf = [];

    private BagOfWords(BagOfWordsOptions options) => _options = options;

    /// <summary>How many features there are.</summary>
    public int Features => _vocabulary.Count;

    /// <summary>Learns the vocabulary and the document frequencies.</summary>
    public static BagOfWords Learn(IReadOnlyList<ClassificationExample> texts, BagOfWordsOptions options)
    {
        var documents = new Dictionary<string, (int Count, int Last)>(StringComparer.Ordinal);
        for (int i = 0; i < texts.Count; i++)
        {
            foreach (string feature in FeaturesOf(texts[i], options.NGrams))
            {
                (int Count, int Last) seen = documents.GetValueOrDefault(feature, (0, -1));
                if (seen.Last != i)
                    documents[feature] = (seen.Count + 1, i);
            }
        }
        var bag = new BagOfWords(options);
        var kept = documents.Where(d => d.Value.Count >= options.MinDocuments).ToArray();
        foreach (var (feature, _) in kept)
            bag._vocabulary.Add(feature, bag._vocabulary.Count);
        bag._idf = [.. kept.Select(d => (float)(Math.Log((1.0 + texts.Count) / (1 + d.Value.Count)) + 1))];
        return bag;
    }

    /// <summary>One sparse row a text; words that are not in the vocabulary are left out.</summary>
    public SparseRows Transform(IReadOnlyList<ClassificationExample> texts)
    {
        List<int> starts = [0], columns = [];
        List<float> values = [];
        var counts = new Dictionary<int, int>();
        foreach (var text in texts)
        {
            counts.Clear();
            foreach (string feature in FeaturesOf(text, _options.NGrams))
            {
                if (_vocabulary.TryGetValue(feature, out int column))
                    counts[column] = counts.GetValueOrDefault(column) + 1;
            }
            foreach (var (column, count) in counts.OrderBy(c => c.Key))
            {
                columns.Add(column);
                values.Add(_options.Weighting switch
                {
                    BagOfWordsWeighting.Binary => 1,
                    BagOfWordsWeighting.Counts => count,
                    _ => count * _idf[column],
                });
            }
            if (_options.Weighting == BagOfWordsWeighting.TfIdf)
                ScaleToLengthOne(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(values)[starts[^1]..]);
            starts.Add(columns.Count);
        }
        return new SparseRows([.. starts], [.. columns], [.. values]);
    }

    private static void ScaleToLengthOne(Span<float> values)
    {
        double sum = 0;
        foreach (float v in values) sum += (double)v * v;
        float scale = sum > 0 ? (float)(1 / Math.Sqrt(sum)) : 0;
        foreach (ref float v in values) v *= scale;
    }

    private static IEnumerable<string> FeaturesOf(ClassificationExample example, int nGrams)
    {
        var first = NGramsOf(example.Text, nGrams);
        return example.Text2 is null ? first : first.Concat(NGramsOf(example.Text2, nGrams).Select(w => SecondText + w));
    }

    private static IEnumerable<string> NGramsOf(string text, int nGrams)
    {
        List<string> words = Words(text);
        for (int i = 0; i < words.Count; i++)
        {
            for (int n = 1; n <= nGrams && i + n <= words.Count; n++)
                yield return n == 1 ? words[i] : string.Join(Joint, words.GetRange(i, n));
        }
    }

    private static List<string> Words(string text)
    {
        List<string> words = [];
        string lower = text.ToLowerInvariant();
        for (int at = 0; at < lower.Length; at++)
        {
            int start = at;
            while (at < lower.Length && (char.IsLetterOrDigit(lower[at]) || lower[at] == '_'))
                at++;
            if (at - start >= 2)
                words.Add(lower[start..at]);
        }
        return words;
    }
}
