namespace BareBert.Bert.Tokenization;

/// <summary>
/// The words that <c>never_split</c> of a <c>tokenizer_config.json</c> names: standing between spaces they keep accents and punctuation and are one
/// token each, unknown where the vocabulary has none. Where text is lower-cased they are met in lower case.
/// </summary>
/// <remarks>Transformers' Python class alone has them; the order is its own: spaces and control characters first, then case, then these words.</remarks>
internal sealed class NeverSplitWords(IReadOnlyList<string> words, BasicTokenizerOptions options, Func<string, int> idOf, int unknown)
{
    private readonly HashSet<string> _words = [.. words];
    private readonly BasicTokenizer _spaced = new(options with { StripAccents = false });

    /// <summary>Cuts a stretch of text into such words, with their ids, and what lies between, with −1.</summary>
    public List<(int From, int To, int Id)> Find(ReadOnlySpan<char> text)
    {
        var clean = new MappedText();
        _spaced.Clean(text, 0, clean);
        var parts = new List<(int, int, int)>();
        int done = 0;
        for (int i = 0; i < clean.Count;)
        {
            int end = clean.CodePoints[i..].IndexOf(' ');
            end = end < 0 ? clean.Count : i + end;
            if (end > i && _words.Contains(clean.ToString(i, end)))
            {
                int from = clean.StartOf(i), to = clean.EndOf(end - 1);
                if (from > done)
                    parts.Add((done, from, -1));
                parts.Add((from, to, idOf(clean.ToString(i, end)) is >= 0 and int id ? id : unknown));
                done = to;
            }
            i = end + 1;
        }
        if (done < text.Length)
            parts.Add((done, text.Length, -1));
        return parts;
    }
}
