namespace BareBert.Bert.Data;

/// <summary>Chooses the tokens of an example that are to be predicted, and hides them.</summary>
/// <remarks>
/// Devlin et al. 2018, §3.1: of the chosen 80 % become [MASK], 10 % a random word, 10 % stay. The number chosen is the share of
/// all tokens, special ones counted, rounded, at least one (google-research/bert, create_masked_lm_predictions).
/// </remarks>
internal sealed class TokenMasker(MaskingVocabulary vocabulary, double probability, bool wholeWords)
{
    /// <summary>How many of an example's tokens are chosen, if so many may be.</summary>
    public static int Count(int tokens, double probability) => Math.Max(1, (int)Math.Round(tokens * probability));

    /// <summary>Masks one example.</summary>
    /// <param name="ids">[tokens] the example; chosen tokens are overwritten.</param>
    /// <param name="random">Where the choices come from.</param>
    /// <param name="positions">Receives the chosen positions, ascending; room for every token.</param>
    /// <param name="labels">Receives the tokens that stood there.</param>
    /// <param name="scratch">Room for 2 · tokens integers.</param>
    /// <returns>How many were chosen.</returns>
    public int Mask(Span<int> ids, ref PhiloxStream random, Span<int> positions, Span<int> labels, Span<int> scratch)
    {
        Span<int> starts = scratch[..ids.Length], ends = scratch.Slice(ids.Length, ids.Length);
        int words = FindWords(ids, starts, ends);
        int chosen = Choose(starts[..words], ends[..words], Count(ids.Length, probability), ref random, positions);
        positions[..chosen].Sort();
        for (int i = 0; i < chosen; i++)
        {
            ref int id = ref ids[positions[i]];
            labels[i] = id;
            id = Replace(id, ref random);
        }
        return chosen;
    }

    // The candidates: single tokens, or runs of a token and those that continue its word.
    private int FindWords(ReadOnlySpan<int> ids, Span<int> starts, Span<int> ends)
    {
        int words = 0;
        for (int i = 0; i < ids.Length; i++)
        {
            if (!vocabulary.IsMaskable(ids[i]))
                continue;
            bool joins = wholeWords && words > 0 && ends[words - 1] == i && vocabulary.IsContinuation(ids[i]);
            if (!joins)
                starts[words++] = i;
            ends[words - 1] = i + 1;
        }
        return words;
    }

    // Words in random order, leaving out those that would exceed the count.
    private static int Choose(Span<int> starts, Span<int> ends, int count, ref PhiloxStream random, Span<int> positions)
    {
        int chosen = 0;
        for (int i = 0; i < starts.Length && chosen < count; i++)
        {
            int other = i + random.NextInt(starts.Length - i);
            (starts[i], starts[other]) = (starts[other], starts[i]);
            (ends[i], ends[other]) = (ends[other], ends[i]);
            if (chosen + ends[i] - starts[i] > count)
                continue;
            for (int position = starts[i]; position < ends[i]; position++)
                positions[chosen++] = position;
        }
        return chosen;
    }

    private int Replace(int id, ref PhiloxStream random) => random.NextInt(10) switch
    {
        < 8 => vocabulary.Special.Mask,
        8 => vocabulary.RandomWords[random.NextInt(vocabulary.RandomWords.Length)],
        _ => id,
    };
}
