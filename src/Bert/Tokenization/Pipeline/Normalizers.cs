using System.Globalization;
using System.Text;

namespace BareBert.Bert.Tokenization;

/// <summary>One after the other.</summary>
internal sealed class NormalizerSequence(IReadOnlyList<ITextNormalizer> steps) : ITextNormalizer
{
    public void Apply(MappedText text, MappedText scratch)
    {
        foreach (ITextNormalizer step in steps)
            step.Apply(text, scratch);
    }
}

/// <summary>BERT's cleaning.</summary>
internal sealed class BertNormalizer(BasicTokenizerOptions options) : ITextNormalizer
{
    private readonly BasicTokenizer _basic = new(options);

    /// <summary>What it does.</summary>
    public BasicTokenizerOptions Options => options;

    public void Apply(MappedText text, MappedText scratch)
    {
        _basic.Clean(text, scratch);
        text.Swap(scratch);
    }
}

/// <summary>The normalisation forms of Unicode.</summary>
/// <param name="compose">C instead of D.</param>
/// <param name="compatibility">The forms with a K.</param>
internal sealed class UnicodeForm(bool compose, bool compatibility) : ITextNormalizer
{
    public void Apply(MappedText text, MappedText scratch)
    {
        var normalizer = UnicodeNormalizer.OfUnicode9;
        scratch.Clear();
        for (int i = 0; i < text.Count; i++)
            normalizer.Decompose(text.CodePoints[i], text.StartOf(i), text.EndOf(i), scratch, compatibility);
        normalizer.Reorder(scratch);
        if (compose)
            normalizer.Compose(scratch);
        text.Swap(scratch);
    }
}

/// <summary>Lower case, character by character.</summary>
internal sealed class LowercaseNormalizer : ITextNormalizer
{
    public void Apply(MappedText text, MappedText scratch)
    {
        scratch.Clear();
        for (int i = 0; i < text.Count; i++)
            UnicodeCase.AddLower(text.CodePoints[i], text.StartOf(i), text.EndOf(i), scratch);
        text.Swap(scratch);
    }
}

/// <summary>Drops the marks of decomposed text.</summary>
internal sealed class StripAccentsNormalizer : ITextNormalizer
{
    public void Apply(MappedText text, MappedText scratch) => text.Drop(UnicodeClasses.IsMark);
}

/// <summary>Drops white space at the ends.</summary>
internal sealed class StripNormalizer(bool left, bool right) : ITextNormalizer
{
    public void Apply(MappedText text, MappedText scratch)
    {
        int from = 0, to = text.Count;
        while (left && from < to && UnicodeClasses.IsWhiteSpace(text.CodePoints[from]))
            from++;
        while (right && to > from && UnicodeClasses.IsWhiteSpace(text.CodePoints[to - 1]))
            to--;
        scratch.Clear();
        scratch.AddRange(text, from, to);
        text.Swap(scratch);
    }
}

/// <summary>Neural machine translation's cleaning: some control characters vanish, others and several spaces become a space.</summary>
internal sealed class NmtNormalizer : ITextNormalizer
{
    public void Apply(MappedText text, MappedText scratch)
    {
        text.Drop(point => point is >= 1 and <= 8 or 0xB or >= 0xE and <= 0x1F or 0x7F or 0x8F or 0x9F);
        foreach (ref int point in text.CodePoints)
        {
            if (point is 9 or 0xA or 0xC or 0xD or 0x1680 or >= 0x200B and <= 0x200F or 0x2028 or 0x2029 or 0x2581 or 0xFEFF or 0xFFFD)
                point = ' ';
        }
    }
}

/// <summary>Puts a text before every text that is not empty.</summary>
internal sealed class PrependNormalizer(string front) : ITextNormalizer
{
    public void Apply(MappedText text, MappedText scratch)
    {
        if (text.Count == 0)
            return;
        scratch.Clear();
        foreach (Rune rune in front.EnumerateRunes())
            scratch.Add(rune.Value, text.StartOf(0), text.StartOf(0));
        scratch.AddRange(text, 0, text.Count);
        text.Swap(scratch);
    }
}

/// <summary>Puts one text in the place of every stretch that fits a pattern.</summary>
internal sealed class ReplaceNormalizer(TextPattern pattern, string content) : ITextNormalizer
{
    private readonly int[] _content = [.. content.EnumerateRunes().Select(rune => rune.Value)];

    public void Apply(MappedText text, MappedText scratch)
    {
        var found = new List<(int From, int To)>();
        pattern.Find(text, 0, text.Count, found);
        if (found.Count == 0)
            return;
        scratch.Clear();
        int done = 0;
        foreach (var (from, to) in found)
        {
            scratch.AddRange(text, done, from);
            foreach (int point in _content)
                scratch.Add(point, text.StartOf(from), text.EndOf(to - 1));
            done = to;
        }
        scratch.AddRange(text, done, text.Count);
        text.Swap(scratch);
    }
}

/// <summary>The rewriting rules of a sentencepiece model, as the Rust library applies them: to what a reader sees as one character, else to its parts.</summary>
/// <remarks>Of several rules that fit the front of a character the shortest is taken, and the whole character goes.</remarks>
internal sealed class PrecompiledNormalizer(PrecompiledCharsMap map) : ITextNormalizer
{
    // Longer clusters are only looked at part by part.
    private const int LongestCluster = 5;

    public void Apply(MappedText text, MappedText scratch)
    {
        scratch.Clear();
        string all = text.ToString();
        int at = 0;
        for (int unit = 0; unit < all.Length;)
        {
            int length = StringInfo.GetNextTextElementLength(all, unit);
            int end = at;
            foreach (Rune _ in all.AsSpan(unit, length).EnumerateRunes())
                end++;
            AddCluster(text, at, end, scratch);
            (at, unit) = (end, unit + length);
        }
        text.Swap(scratch);
    }

    private void AddCluster(MappedText text, int from, int to, MappedText into)
    {
        if (map.TryMatchShortest(text.CodePoints[from..to], LongestCluster, out var replacement))
        {
            Add(replacement, text.StartOf(from), text.EndOf(to - 1), into);
            return;
        }
        for (int i = from; i < to; i++)
        {
            if (map.TryMatchShortest(text.CodePoints.Slice(i, 1), LongestCluster, out replacement))
                Add(replacement, text.StartOf(i), text.EndOf(i), into);
            else
                into.AddRange(text, i, i + 1);
        }
    }

    private static void Add(ReadOnlySpan<byte> utf8, int start, int end, MappedText into)
    {
        while (!utf8.IsEmpty)
        {
            Rune.DecodeFromUtf8(utf8, out Rune rune, out int length);
            into.Add(rune.Value, start, end);
            utf8 = utf8[length..];
        }
    }
}
