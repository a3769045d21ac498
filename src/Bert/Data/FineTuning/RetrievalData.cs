namespace BareBert.Bert.Data;

/// <summary>Queries, documents, and which documents each query should find.</summary>
/// <param name="Queries">Their texts.</param>
/// <param name="Documents">Their texts.</param>
/// <param name="Wanted">For each query the wanted documents' numbers and what each is worth, above 0; at least one.</param>
internal sealed record RetrievalData(IReadOnlyList<string> Queries, IReadOnlyList<string> Documents, IReadOnlyList<IReadOnlyDictionary<int, double>> Wanted)
{
    /// <summary>Of pairs that belong together: every first text shall find its partners among all second texts and negatives.</summary>
    public static RetrievalData Of(IReadOnlyList<SentencePair> pairs)
    {
        string[] documents = [.. pairs.Select(p => p.Positive).Concat(pairs.Select(p => p.Negative).OfType<string>()).Distinct(StringComparer.Ordinal)];
        Dictionary<string, int> places = documents.Index().ToDictionary(d => d.Item, d => d.Index, StringComparer.Ordinal);
        IGrouping<string, SentencePair>[] queries = [.. pairs.GroupBy(p => p.Anchor, StringComparer.Ordinal)];
        return new RetrievalData([.. queries.Select(q => q.Key)], documents,
            [.. queries.Select(q => (IReadOnlyDictionary<int, double>)q.Select(p => places[p.Positive]).Distinct().ToDictionary(place => place, _ => 1.0))]);
    }
}
