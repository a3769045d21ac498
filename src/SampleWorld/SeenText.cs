namespace BareBert.Sample;

/// <summary>An example as the optimal reader gets it: stretches of articles, with some words hidden and some perhaps replaced.</summary>
/// <param name="Articles">One where segment B follows A, two where it comes from elsewhere.</param>
/// <param name="Chosen">K, how many words were chosen to be predicted; which, only <paramref name="Targets"/> says.</param>
/// <param name="Targets">The words to predict.</param>
internal sealed record SeenText(IReadOnlyList<SeenSentence[]> Articles, int Chosen, IReadOnlyList<Target> Targets);

/// <summary>What is to be seen of a sentence of known kind.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="First">How many of its words are cut off before the first one seen.</param>
/// <param name="Words">[seen] numbers of words, <see cref="Hidden"/> for [MASK].</param>
internal sealed record SeenSentence(SentenceKind Kind, int First, int[] Words)
{
    /// <summary>Stands for [MASK].</summary>
    public const int Hidden = -1;
}

/// <summary>A word to predict.</summary>
/// <param name="Article">Index of its article.</param>
/// <param name="Sentence">Index of its sentence in the article.</param>
/// <param name="Word">Index among the words seen of the sentence.</param>
/// <param name="Label">The word that was written.</param>
internal readonly record struct Target(int Article, int Sentence, int Word, int Label);
