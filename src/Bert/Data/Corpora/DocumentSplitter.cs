namespace BareBert.Bert.Data;

/// <summary>Divides documents that came without splits: about 90 % to train, 5 % to validate, 5 % to test.</summary>
internal static class DocumentSplitter
{
    // The division must not change with the run's seed: another seed would train on what this one tests on.
    private const ulong Seed = 0x5EED_0F_5911;

    /// <summary>The fewest documents that can be divided: two a split, since a random next segment comes from another document.</summary>
    public const int FewestDocuments = 6;

    /// <summary>A division by document that depends on their number and order only.</summary>
    /// <param name="documents">All documents, in order; those of a split keep it.</param>
    /// <param name="name">What to call the corpus in messages.</param>
    /// <param name="notices">Receives a line that reports the division.</param>
    /// <exception cref="InputException">Fewer than <see cref="FewestDocuments"/> documents, or a single sentence.</exception>
    public static Corpus Divide(IReadOnlyList<Document> documents, string name, List<string> notices)
    {
        RequireEnough(documents, name);
        int held = Math.Max(2, (int)Math.Round(documents.Count * 0.05));
        var order = Enumerable.Range(0, documents.Count).ToArray();
        new PhiloxStream(Seed, (uint)documents.Count).Shuffle(order.AsSpan());

        IReadOnlyList<Document> Take(Range range) => [.. order[range].Order().Select(i => documents[i])];
        var corpus = new Corpus(Take((2 * held)..), Take(..held), Take(held..(2 * held)), notices);
        notices.Add($"no splits in this corpus: {corpus.Train.Count} documents train, {corpus.Valid.Count} validate, {corpus.Test.Count} test (always the same ones)");
        return corpus;
    }

    private static void RequireEnough(IReadOnlyList<Document> documents, string name)
    {
        if (documents.Sum(d => d.Sentences.Count) == 0)
            throw new InputException($"the corpus is empty: {name}; it needs sentences of text");
        if (documents.Sum(d => d.Sentences.Count) == 1)
            throw new InputException($"the corpus has only one sentence: {name}; next-sentence prediction needs documents of two or more");
        if (documents.Count == 1)
            throw new InputException($"the corpus has only one document: {name}; a random next sentence comes from another one, so separate documents by blank lines");
        if (documents.Count < FewestDocuments)
            throw new InputException($"the corpus has only {documents.Count} documents: {name}; it needs {FewestDocuments} to hold out some for validation and test, separated by blank lines");
    }
}
