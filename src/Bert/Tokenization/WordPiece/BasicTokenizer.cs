using System.Text;

namespace BareBert.Bert.Tokenization;

/// <summary>How BERT's text is cleaned before WordPiece; the field names of Hugging Face's <c>tokenizer_config.json</c>.</summary>
/// <param name="LowerCase"><c>do_lower_case</c>: lower-case, and strip accents unless <paramref name="StripAccents"/> says otherwise.</param>
/// <param name="StripAccents"><c>strip_accents</c>: null follows <paramref name="LowerCase"/>.</param>
/// <param name="SplitChinese"><c>tokenize_chinese_chars</c>: every CJK ideograph is a word.</param>
/// <param name="CleanText"><c>clean_text</c> of <c>tokenizer.json</c>: drop control characters, make every white space a space.</param>
public sealed record BasicTokenizerOptions(bool LowerCase = true, bool? StripAccents = null, bool SplitChinese = true, bool CleanText = true)
{
    /// <summary>Whether combining accents are removed.</summary>
    public bool StripsAccents => StripAccents ?? LowerCase;
}

/// <summary>
/// Cleans text for WordPiece: drops control characters, puts spaces around CJK ideographs, strips accents, lower-cases; then cuts it
/// into words and punctuation marks. Keeps for every character where it came from.
/// </summary>
/// <remarks>
/// Gives what the normalizer BertNormalizer and the pre-tokenizer BertPreTokenizer of Hugging Face's Rust library give, step for step:
/// characters are lower-cased one by one (so a capital sigma never becomes a final one), accents are combining marks of category Mn
/// after form D, and text that keeps its accents is not normalised at all. Devlin et al. 2018, arXiv:1810.04805.
/// </remarks>
internal sealed class BasicTokenizer(BasicTokenizerOptions options)
{
    /// <summary>Fills <paramref name="into"/> with the clean form of a text: code points, words parted by single or more spaces.</summary>
    /// <param name="text">A stretch of the original text without special tokens.</param>
    /// <param name="offset">Where the stretch begins in the original text.</param>
    /// <param name="into">Overwritten.</param>
    public void Clean(ReadOnlySpan<char> text, int offset, MappedText into)
    {
        into.Clear();
        for (int i = 0; i < text.Length;)
        {
            // A lone surrogate reads as U+FFFD, which is dropped.
            Rune.DecodeFromUtf16(text[i..], out Rune rune, out int length);
            Append(rune.Value, offset + i, offset + i + length, into);
            i += length;
        }
        Finish(into);
    }

    /// <inheritdoc cref="Clean(ReadOnlySpan{char}, int, MappedText)"/>
    public void Clean(MappedText text, MappedText into)
    {
        into.Clear();
        var points = text.CodePoints;
        for (int i = 0; i < points.Length; i++)
            Append(points[i], text.StartOf(i), text.EndOf(i), into);
        Finish(into);
    }

    /// <summary>The end of the word or punctuation mark that begins at <paramref name="start"/>, which is not a space.</summary>
    public static int WordEnd(ReadOnlySpan<int> clean, int start)
    {
        if (UnicodeClasses.IsPunctuation(clean[start]))
            return start + 1;
        int end = start + 1;
        while (end < clean.Length && !UnicodeClasses.IsWhiteSpace(clean[end]) && !UnicodeClasses.IsPunctuation(clean[end]))
            end++;
        return end;
    }

    private void Append(int point, int start, int end, MappedText into)
    {
        if (options.CleanText)
        {
            if (point is 0 or 0xFFFD || UnicodeClasses.IsControl(point))
                return;
            if (UnicodeClasses.IsWhiteSpace(point))
                point = ' ';
        }
        bool parted = options.SplitChinese && UnicodeClasses.IsIdeograph(point);
        if (parted)
            into.Add(' ', start, start);
        if (options.StripsAccents)
            UnicodeNormalizer.OfUnicode9.Decompose(point, start, end, into, compatibility: false);
        else
            AppendInItsCase(point, start, end, into);
        if (parted)
            into.Add(' ', end, end);
    }

    private void AppendInItsCase(int point, int start, int end, MappedText into)
    {
        if (options.LowerCase)
            UnicodeCase.AddLower(point, start, end, into);
        else
            into.Add(point, start, end);
    }

    private void Finish(MappedText text)
    {
        if (!options.StripsAccents)
            return;
        UnicodeNormalizer.OfUnicode9.Reorder(text);
        text.Drop(UnicodeClasses.IsNonSpacingMark);
        if (!options.LowerCase)
            return;
        foreach (ref int point in text.CodePoints)
            point = UnicodeCase.LowerLast(point); // İ is decomposed by now: nothing grows
    }
}
