using System.Buffers;
using System.Text;

namespace BareBert.Bert.Tokenization;

/// <summary>
/// Brings text into the form that an ALBERT model's pieces are written in: first what Hugging Face's <c>AlbertTokenizer</c> does (lower
/// case, single spaces, straight quotes, no accents), then what sentencepiece does (the model's own rules, spaces to "▁").
/// </summary>
internal sealed class UnigramNormalizer(SentencePieceModel model, UnigramOptions options)
{
    private const int Space = SentencePieceModel.Space;

    private readonly bool[] _isPlain = FindPlain(model);
    private readonly DoubleArrayTrie _userDefined = new([.. UserDefined(model)]);
    private readonly SearchValues<char> _simple = FindSimple(model);

    /// <summary>Fills <paramref name="into"/> with the normal form of a text.</summary>
    /// <param name="text">A stretch of the original text without special tokens; a lone surrogate counts as U+FFFD.</param>
    /// <param name="offset">Where the stretch begins in the original text.</param>
    /// <param name="scratch">Overwritten.</param>
    /// <param name="into">Overwritten.</param>
    public void Normalize(ReadOnlySpan<char> text, int offset, MappedText scratch, MappedText into)
    {
        if (text.IndexOfAnyExcept(_simple) < 0)
        {
            NormalizeSimple(text, offset, into);
            return;
        }
        Tidy(text, offset, into);
        StripAccents(into, scratch);
        if (options.LowerCase)
            UnicodeCase.LowerInPlace(scratch.CodePoints);
        ApplyModelRules(scratch, into);
    }

    // The short way, for text of plain ASCII: nothing to take apart, no rule to apply.
    private void NormalizeSimple(ReadOnlySpan<char> text, int offset, MappedText into)
    {
        into.Clear();
        int previous = ' ';
        for (int i = 0; i < text.Length; i++)
        {
            int point = options.LowerCase ? UnicodeCase.LowerLast(text[i]) : text[i], start = offset + i;
            if (point == ' ')
            {
                if (previous != ' ')
                    into.Add(Space, start, start + 1);
            }
            else if (point is '`' or '\'' && previous == point)
                into.Replace(into.Count - 1, point = '"', start + 1);
            else
            {
                if (into.Count == 0)
                    into.Add(Space, start, start);
                into.Add(point, start, start + 1);
            }
            previous = point;
        }
        if (previous == ' ' && into.Count > 0)
            into.Truncate(into.Count - 1);
    }

    // Lower case, single spaces, and one straight quote for two.
    private void Tidy(ReadOnlySpan<char> text, int offset, MappedText into)
    {
        into.Clear();
        for (int i = 0; i < text.Length;)
        {
            Rune.DecodeFromUtf16(text[i..], out Rune rune, out int length);
            int start = offset + i, end = start + length, point = rune.Value;
            int previous = into.Count > 0 ? into.CodePoints[^1] : ' ';
            i += length;
            if (options.LowerCase)
            {
                if (point == UnicodeCase.CapitalDottedI)
                    into.Add('i', start, end);
                point = UnicodeCase.LowerLast(point);
            }
            if (options.RemoveSpace && UnicodeCase.IsSpace(point))
            {
                if (previous != ' ')
                    into.Add(' ', start, end);
            }
            else if (point is '`' or '\'' && previous == point)
                into.Replace(into.Count - 1, '"', end);
            else
                into.Add(point, start, end);
        }
        if (options.RemoveSpace && into.Count > 0 && into.CodePoints[^1] == ' ')
            into.Truncate(into.Count - 1);
    }

    // Everything in compatibility characters is taken apart, and what combines is dropped; its range goes to the letter before.
    private void StripAccents(MappedText text, MappedText into)
    {
        into.Clear();
        var points = text.CodePoints;
        var normalizer = UnicodeNormalizer.Instance;
        for (int i = 0; i < points.Length; i++)
        {
            if (options.KeepAccents)
                into.Add(points[i], text.StartOf(i), text.EndOf(i));
            else
                normalizer.Decompose(points[i], text.StartOf(i), text.EndOf(i), into, compatibility: true);
        }
        if (options.KeepAccents)
            return;
        into.Drop(point => normalizer.CombiningClass(point) != 0);
    }

    private void ApplyModelRules(MappedText text, MappedText into)
    {
        into.Clear();
        var points = text.CodePoints;
        int i = model.RemoveExtraWhitespaces ? LeadingSpaces(points) : 0;
        if (i == points.Length)
            return;
        if (model.AddDummyPrefix)
            into.Add(Space, text.StartOf(i), text.StartOf(i));
        bool afterSpace = model.RemoveExtraWhitespaces;
        while (i < points.Length)
        {
            int point = points[i], length = 1;
            bool plain = point < 128 && _isPlain[point] && (i + 1 == points.Length || points[i + 1] < 128);
            if (!plain && TryRewrite(points[i..], out length, out var rewritten))
                AddRewritten(rewritten, text.StartOf(i), text.EndOf(i + length - 1), into, ref afterSpace);
            else
            {
                for (int k = i; k < i + length; k++)
                    AddAsItIs(points[k], text.StartOf(k), text.EndOf(k), into, ref afterSpace);
            }
            i += length;
        }
        while (model.RemoveExtraWhitespaces && into.Count > 0 && into.CodePoints[^1] == Space)
            into.Truncate(into.Count - 1);
    }

    private int LeadingSpaces(ReadOnlySpan<int> points)
    {
        int i = 0;
        while (i < points.Length)
        {
            bool space = TryRewrite(points[i..], out int length, out var rewritten) ? rewritten is [(byte)' '] : length == 1 && points[i] == ' ';
            if (!space)
                return i;
            i += length;
        }
        return i;
    }

    private void AddAsItIs(int point, int start, int end, MappedText into, ref bool afterSpace)
    {
        if (point == ' ' && afterSpace)
            return;
        into.Add(point == ' ' ? Space : point, start, end);
        afterSpace = model.RemoveExtraWhitespaces && point == ' ';
    }

    // Spaces at the front of a rewriting fall away behind a space; those within it stay.
    private void AddRewritten(ReadOnlySpan<byte> utf8, int start, int end, MappedText into, ref bool afterSpace)
    {
        if (afterSpace)
            utf8 = utf8.TrimStart((byte)' ');
        if (utf8.IsEmpty)
            return;
        afterSpace = model.RemoveExtraWhitespaces && utf8[^1] == ' ';
        while (!utf8.IsEmpty)
        {
            Rune.DecodeFromUtf8(utf8, out Rune rune, out int length);
            into.Add(rune.Value == ' ' ? Space : rune.Value, start, end);
            utf8 = utf8[length..];
        }
    }

    // Whether a rule of the model changes the front of the text. If not, length says how much stays as it is: a user's symbol, or one character.
    private bool TryRewrite(ReadOnlySpan<int> points, out int length, out ReadOnlySpan<byte> rewritten)
    {
        rewritten = [];
        length = UserDefinedLength(points);
        if (length > 0)
            return false;
        if (model.CharsMap.TryMatch(points, out length, out rewritten))
            return true;
        length = 1;
        return false;
    }

    private int UserDefinedLength(ReadOnlySpan<int> points)
    {
        int state = DoubleArrayTrie.Root, length = 0;
        for (int i = 0; i < points.Length && (state = _userDefined.NextByCodePoint(state, points[i])) >= 0; i++)
        {
            if (_userDefined.ValueAt(state) >= 0)
                length = i + 1;
        }
        return length;
    }

    // Characters of texts that may go the short way; none where the model treats spaces otherwise than ALBERT's.
    private static SearchValues<char> FindSimple(SentencePieceModel model)
    {
        bool usual = model.AddDummyPrefix && model.RemoveExtraWhitespaces;
        bool[] plain = FindPlain(model);
        return SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Where(c => usual && plain[c]).Select(c => (char)c)]);
    }

    private static bool[] FindPlain(SentencePieceModel model)
    {
        bool[] plain = [.. model.CharsMap.IsPlain];
        foreach (string symbol in UserDefined(model).Where(s => s.Length > 1 && s[0] < 128))
            plain[symbol[0]] = false;
        return plain;
    }

    private static IEnumerable<string> UserDefined(SentencePieceModel model) =>
        model.Pieces.Where(p => p.Kind == PieceKind.UserDefined).Select(p => p.Text);
}
