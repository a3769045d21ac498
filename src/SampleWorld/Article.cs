namespace BareBert.Sample;

/// <summary>An article of the sample world: which kinds of sentences follow one another, and their words.</summary>
/// <param name="Layout">The kinds, in order. Drawn before, and independently of, every word.</param>
/// <param name="Words">[sentences][words] numbers of words.</param>
public sealed record Article(IReadOnlyList<SentenceKind> Layout, IReadOnlyList<int[]> Words);
