namespace BareBert.Bert.Data;

/// <summary>Something that vectors of texts are measured by.</summary>
/// <param name="Split">"valid", "test", or "data" where the file does not say.</param>
/// <param name="Pairs">Pairs, with scores or without; null where there is <paramref name="Search"/>.</param>
/// <param name="Search">Queries among documents; null where there are pairs.</param>
internal sealed record EmbeddingTest(string Split, PairTable? Pairs, RetrievalData? Search = null)
{
    /// <summary>The same with at most so many pairs or queries; null: all.</summary>
    public EmbeddingTest Sample(int? most) => this with
    {
        Pairs = Pairs is null ? null : Pairs with { Pairs = EvenSample.Of(Pairs.Pairs, most), Scores = Pairs.Scores is null ? null : EvenSample.Of(Pairs.Scores, most) },
        Search = Search is null ? null : Search with { Queries = EvenSample.Of(Search.Queries, most), Wanted = EvenSample.Of(Search.Wanted, most) },
    };
}
