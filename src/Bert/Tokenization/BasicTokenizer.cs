using System.Globalization;
using System.Text;

namespace BareBert.Bert.Tokenization;

/// <summary>How BERT's text is cleaned before WordPiece; the field names of Hugging Face's <c>tokenizer_config.json</c>.</summary>
/// <param name="LowerCase"><c>do_lower_case</c>: lower-case, and strip accents unless <paramref name="StripAccents"/> says otherwise.</param>
/// <param name="StripAccents"><c>strip_accents</c>: null follows <paramref name="LowerCase"/>.</param>
/// <param name="SplitChinese"><c>tokenize_chinese_chars</c>: every CJK ideograph is a word.</param>
public sealed record BasicTokenizerOptions(bool LowerCase = true, bool? StripAccents = null, bool SplitChinese = true)
{
    /// <summary>Whether combining accents are removed.</summary>
    public bool StripsAccents => StripAccents ?? LowerCase;
}

/// <summary>
/// Cleans text for WordPiece: lower-cases, drops control characters, normalises, strips accents, puts spaces around CJK
/// ideographs; then cuts it into words and punctuation marks. Keeps for every character where it came from.
/// </summary>
/// <remarks>
/// Gives what Hugging Face's (Python) <c>BertTokenizer</c> gives, step for step: characters are lower-cased one by one (so a capital
/// sigma never becomes a final one), controls, unassigned and private characters and lone surrogates vanish, accents are combining
/// marks of category Mn after form D. Devlin et al. 2018, arXiv:1810.04805, and the released code's <c>tokenization.py</c>.
/// </remarks>
internal sealed class BasicTokenizer(BasicTokenizerOptions options)
{
    /// <summary>Fills <paramref name="into"/> with the clean form of a text: code points, words parted by single or more spaces.</summary>
    /// <param name="text">A stretch of the original text without special tokens.</param>
    /// <param name="offset">Where the stretch begins in the original text.</param>
    /// <param name="into">Overwritten.</param>
    public void Clean(ReadOnlySpan<char> text, int offset, MappedText into)
    {
        var normalizer = UnicodeNormalizer.Instance;
        into.Clear();
        for (int i = 0; i < text.Length;)
        {
            var status = Rune.DecodeFromUtf16(text[i..], out Rune rune, out int length);
            int start = offset + i, end = start + length;
            i += length;
            if (status != System.Buffers.OperationStatus.Done)
                continue; // a lone surrogate
            AppendClean(rune.Value, start, end, into, normalizer);
        }
        normalizer.Reorder(into);
        if (options.StripsAccents)
            StripAccents(into);
        else
            normalizer.Compose(into);
    }

    /// <summary>The end of the word or punctuation mark that begins at <paramref name="start"/>, which is not a space.</summary>
    public static int WordEnd(ReadOnlySpan<int> clean, int start)
    {
        if (IsPunctuation(clean[start]))
            return start + 1;
        int end = start + 1;
        while (end < clean.Length && clean[end] != ' ' && !IsPunctuation(clean[end]))
            end++;
        return end;
    }

    /// <summary>ASCII marks and symbols, and Unicode's categories P*.</summary>
    public static bool IsPunctuation(int codePoint) => codePoint < 128
        ? codePoint is >= 33 and <= 47 or >= 58 and <= 64 or >= 91 and <= 96 or >= 123 and <= 126
        : CharUnicodeInfo.GetUnicodeCategory(codePoint) is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation;

    private void AppendClean(int point, int start, int end, MappedText into, UnicodeNormalizer normalizer)
    {
        if (options.LowerCase)
        {
            if (point == UnicodeCase.CapitalDottedI)
                into.Add('i', start, end);
            point = UnicodeCase.LowerLast(point);
        }
        switch (Classify(point))
        {
            case Kind.Dropped:
                return;
            case Kind.Space:
                into.Add(' ', start, end);
                return;
            case Kind.Ideograph when options.SplitChinese:
                into.Add(' ', start, start);
                normalizer.Decompose(point, start, end, into, compatibility: false);
                into.Add(' ', end, end);
                return;
            default:
                normalizer.Decompose(point, start, end, into, compatibility: false);
                return;
        }
    }

    private enum Kind { Text, Dropped, Space, Ideograph }

    private static Kind Classify(int point)
    {
        if (point is ' ' or '\t' or '\n' or '\r')
            return Kind.Space;
        if (point == 0xFFFD)
            return Kind.Dropped;
        return CharUnicodeInfo.GetUnicodeCategory(point) switch
        {
            UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => Kind.Space,
            UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
                or UnicodeCategory.OtherNotAssigned => Kind.Dropped,
            _ => IsIdeograph(point) ? Kind.Ideograph : Kind.Text,
        };
    }

    // The blocks of CJK unified and compatibility ideographs as BERT lists them; later extensions are ordinary letters to it.
    private static bool IsIdeograph(int point) => point is >= 0x4E00 and <= 0x9FFF or >= 0x3400 and <= 0x4DBF
        or >= 0x20000 and <= 0x2A6DF or >= 0x2A700 and <= 0x2B73F or >= 0x2B740 and <= 0x2B81F
        or >= 0x2B820 and <= 0x2CEAF or >= 0xF900 and <= 0xFAFF or >= 0x2F800 and <= 0x2FA1F;

    // A mark's range goes to the letter it stood on, so that a piece cut from the original text keeps its accents.
    private static void StripAccents(MappedText text)
    {
        int kept = 0;
        var points = text.CodePoints;
        for (int i = 0; i < points.Length; i++)
        {
            if (points[i] >= 0x300 && CharUnicodeInfo.GetUnicodeCategory(points[i]) == UnicodeCategory.NonSpacingMark)
            {
                if (kept > 0 && points[kept - 1] != ' ')
                    text.ExtendTo(kept - 1, text.EndOf(i));
                continue;
            }
            text.Move(i, kept++);
        }
        text.Truncate(kept);
    }
}
