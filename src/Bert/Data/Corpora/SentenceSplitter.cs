namespace BareBert.Bert.Data;

/// <summary>
/// Splits a paragraph into sentences by rule: a full stop, question or exclamation mark ends one when white space and then
/// something that can begin a sentence follow, and the word before is not an abbreviation, an initial or a numbered title.
/// </summary>
internal static class SentenceSplitter
{
    // Never the last word of a sentence, or so seldom that joining two sentences costs less than cutting many in half.
    private static readonly HashSet<string> Abbreviations = new(StringComparer.OrdinalIgnoreCase)
    {
        "mr", "mrs", "ms", "messrs", "dr", "prof", "rev", "fr", "hon", "st", "ste", "mt", "ft", "gen", "adm", "col", "maj", "capt", "cmdr",
        "lt", "sgt", "cpl", "pvt", "sen", "rep", "gov", "pres", "supt", "insp", "vs", "v", "cf", "viz", "lit", "approx", "ca", "e.g", "i.e", "a.k.a",
        "al", "ph.d", "b.a", "m.a", "feat",
    };

    // Abbreviations when a number follows ("No. 7"), words otherwise ("He said no.").
    private static readonly HashSet<string> BeforeNumbers = new(StringComparer.OrdinalIgnoreCase)
    {
        "no", "nos", "p", "pp", "vol", "vols", "fig", "figs", "ch", "chap", "sec", "art", "op", "c", "nr", "bk", "pt", "ser",
        "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec",
    };

    private const string Closers = "\"'”’»)]}";
    private const string Openers = "\"'“‘«([{";

    /// <summary>The sentences of a paragraph, trimmed, none empty; joined by blanks they are the paragraph, up to white space.</summary>
    public static List<string> Split(string paragraph)
    {
        var sentences = new List<string>();
        int start = 0;
        for (int i = 0; i < paragraph.Length;)
        {
            if (!IsTerminator(paragraph[i]))
            {
                i++;
                continue;
            }
            int end = EndOfTerminators(paragraph, i);
            if (EndsSentence(paragraph, start, i, end))
            {
                Add(sentences, paragraph.AsSpan(start, end - start));
                start = end;
            }
            i = end;
        }
        Add(sentences, paragraph.AsSpan(start));
        return sentences;
    }

    private static void Add(List<string> sentences, ReadOnlySpan<char> sentence)
    {
        sentence = sentence.Trim();
        if (!sentence.IsEmpty)
            sentences.Add(sentence.ToString());
    }

    private static bool IsTerminator(char c) => c is '.' or '!' or '?' or '…' || IsFullWidth(c);

    // Chinese and Japanese put no space after a sentence.
    private static bool IsFullWidth(char c) => c is '。' or '！' or '？';

    // Past the marks ("?!", "...") and the quotes and brackets that close after them.
    private static int EndOfTerminators(string text, int i)
    {
        while (i < text.Length && IsTerminator(text[i]))
            i++;
        while (i < text.Length && Closers.Contains(text[i]))
            i++;
        return i;
    }

    private static bool EndsSentence(string text, int start, int mark, int end)
    {
        if (end == text.Length || IsFullWidth(text[mark]))
            return true;
        if (!char.IsWhiteSpace(text[end]))
            return false;
        int next = FirstOfNextSentence(text, end);
        if (next == text.Length)
            return true;
        if (char.IsLower(text[next]))
            return false;
        bool singleStop = text[mark] == '.' && end == mark + 1;
        return !singleStop || !IsAbbreviation(WordBefore(text, start, mark), text[next]);
    }

    private static int FirstOfNextSentence(string text, int i)
    {
        while (i < text.Length && (char.IsWhiteSpace(text[i]) || Openers.Contains(text[i])))
            i++;
        return i;
    }

    private static ReadOnlySpan<char> WordBefore(string text, int start, int mark)
    {
        int from = mark;
        while (from > start && !char.IsWhiteSpace(text[from - 1]))
            from--;
        ReadOnlySpan<char> word = text.AsSpan(from, mark - from).TrimStart(Openers);
        int hyphen = word.LastIndexOfAny("-–—/");
        return hyphen < 0 ? word : word[(hyphen + 1)..];
    }

    private static bool IsAbbreviation(ReadOnlySpan<char> word, char next)
    {
        if (word.IsEmpty)
            return false;
        if (IsInitials(word))
            return true;
        if (Abbreviations.GetAlternateLookup<ReadOnlySpan<char>>().Contains(word))
            return true;
        return char.IsDigit(next) && BeforeNumbers.GetAlternateLookup<ReadOnlySpan<char>>().Contains(word);
    }

    // "J", "J.R.R", "U.S"; but "I" is a word ("So did I. Then …").
    private static bool IsInitials(ReadOnlySpan<char> word)
    {
        if (word.Length % 2 == 0 || word is "I")
            return false;
        for (int i = 0; i < word.Length; i++)
        {
            bool expected = i % 2 == 0 ? char.IsUpper(word[i]) : word[i] == '.';
            if (!expected)
                return false;
        }
        return true;
    }
}
