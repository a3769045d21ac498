namespace BareBert.Bert.Data;

/// <summary>Divides documents that came without splits: about 90 % to train, 5 % to validate, 5 % to test; by document, as their number and order say.</summary>
internal sealed class DocumentSplitter
{
    // The division must not change with the run's seed: another seed would train on what this one tests on.
    private const ulong Seed = 0x5EED_0F_5911;

    /// <summary>The fewest documents that can be divided: two a split, since a random next segment comes from another document.</summary>
    public const int FewestDocuments = 6;

    private readonly HashSet<int> _valid, _test;
    private readonly int _count;

    /// <summary>Divides so many documents.</summary>
    public DocumentSplitter(int count)
    {
        int held = Math.Max(2, (int)Math.Round(count * 0.05));
        int[] order = [.. Enumerable.Range(0, count)];
        new PhiloxStream(Seed, (uint)count).Shuffle(order.AsSpan());
        (_count, _valid, _test) = (count, [.. order.AsSpan(0, held)], [.. order.AsSpan(held, held)]);
    }

    /// <summary>The split of a document.</summary>
    public Split SplitOf(int document) => _valid.Contains(document) ? Split.Valid : _test.Contains(document) ? Split.Test : Split.Train;

    /// <summary>The division in a line.</summary>
    public string Describe() =>
        $"no splits in this corpus: {_count - _valid.Count - _test.Count} documents train, {_valid.Count} validate, {_test.Count} test (always the same ones)";

    /// <summary>Throws where there is too little to divide.</summary>
    /// <param name="documents">How many there are.</param>
    /// <param name="sentences">How many they have, as far as that matters.</param>
    /// <param name="name">What to call the corpus in messages.</param>
    /// <exception cref="InputException">Fewer than <see cref="FewestDocuments"/> documents, or a single sentence.</exception>
    public static void RequireEnough(int documents, int sentences, string name)
    {
        if (sentences == 0)
            throw new InputException($"the corpus is empty: {name}; it needs sentences of text");
        if (sentences == 1)
            throw new InputException($"the corpus has only one sentence: {name}; next-sentence prediction needs documents of two or more");
        if (documents == 1)
            throw new InputException($"the corpus has only one document: {name}; a random next sentence comes from another one, so separate documents by blank lines");
        if (documents < FewestDocuments)
            throw new InputException($"the corpus has only {documents} documents: {name}; it needs {FewestDocuments} to hold out some for validation and test, separated by blank lines");
    }
}
