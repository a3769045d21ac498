using System.Globalization;

namespace BareBert.Bert.Tokenization;

/// <summary>
/// Unicode normalisation forms D, C and KD over a <see cref="MappedText"/>. Our own because the framework's
/// <see cref="string.Normalize()"/> changes nothing at all when a program runs without ICU, as BareBert does.
/// </summary>
/// <remarks>Unicode Standard Annex #15; the tables are those of the version named in <c>normalization.txt</c>.</remarks>
internal sealed class UnicodeNormalizer
{
    // Hangul syllables are computed, not listed (The Unicode Standard, section 3.12).
    private const int SyllableBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TrailBase = 0x11A7;
    private const int VowelCount = 21, TrailCount = 28, LeadCount = 19, SyllableCount = LeadCount * VowelCount * TrailCount;

    private readonly Dictionary<int, int[]> _canonical = [], _compatible = [];
    private readonly Dictionary<int, byte> _combiningClass = [];
    private readonly Dictionary<(int First, int Second), int> _composites = [];

    private UnicodeNormalizer(Func<int, bool> isKnown) => ReadTables(isKnown);

    /// <summary>The tables as they are, read on first use.</summary>
    public static UnicodeNormalizer Instance => All.Value;

    /// <summary>Of them what Unicode 9 knew: what Hugging Face's Rust library does.</summary>
    public static UnicodeNormalizer OfUnicode9 => Known.Value;

    private static readonly Lazy<UnicodeNormalizer> All = new(() => new UnicodeNormalizer(_ => true));

    private static readonly Lazy<UnicodeNormalizer> Known = new(() => new UnicodeNormalizer(point => !UnicodeClasses.IsAfter9(point)));

    /// <summary>Canonical combining class; 0 for starters.</summary>
    public int CombiningClass(int codePoint) => codePoint < 0x300 ? 0 : _combiningClass.GetValueOrDefault(codePoint);

    /// <summary>Appends the full decomposition of one character, each part mapped to the character's own range.</summary>
    /// <param name="codePoint">Any but a surrogate.</param>
    /// <param name="start">Where it begins in the original text.</param>
    /// <param name="end">Where it ends there.</param>
    /// <param name="into">Receives the parts, not yet in canonical order: call <see cref="Reorder"/> when the text is complete.</param>
    /// <param name="compatibility">Form KD instead of D: ligatures, widths and styles are taken apart too.</param>
    public void Decompose(int codePoint, int start, int end, MappedText into, bool compatibility)
    {
        if (codePoint < 0xA0)
        {
            into.Add(codePoint, start, end);
            return;
        }
        uint syllable = (uint)(codePoint - SyllableBase);
        if (syllable < SyllableCount)
            DecomposeSyllable((int)syllable, start, end, into);
        else if ((compatibility ? _compatible : _canonical).TryGetValue(codePoint, out int[]? parts))
        {
            foreach (int part in parts)
                into.Add(part, start, end);
        }
        else
            into.Add(codePoint, start, end);
    }

    /// <summary>Sorts every run of combining marks by class, stably. Marks that change places share the range of all of them.</summary>
    public void Reorder(MappedText text)
    {
        var points = text.CodePoints;
        for (int start = 0, end; start < points.Length; start = end)
        {
            int last = CombiningClass(points[start]);
            bool isOrdered = true;
            for (end = start + 1; last > 0 && end < points.Length && CombiningClass(points[end]) is > 0 and int rank; end++)
                (isOrdered, last) = (isOrdered && last <= rank, rank);
            if (!isOrdered)
                ReorderRun(text, start, end);
        }
    }

    // One run of marks, however long: what nothing is moved across is a stretch of its own.
    private void ReorderRun(MappedText text, int start, int end)
    {
        var points = text.CodePoints[start..end];
        int[] ranks = Array.ConvertAll(points.ToArray(), CombiningClass), least = new int[ranks.Length + 1];
        least[^1] = int.MaxValue;
        for (int i = ranks.Length - 1; i >= 0; i--)
            least[i] = Math.Min(ranks[i], least[i + 1]);
        for (int first = 0, next, most; first < ranks.Length; first = next)
        {
            most = ranks[first];
            for (next = first + 1; most > least[next]; next++)
                most = Math.Max(most, ranks[next]);
            if (next == first + 1)
                continue;
            // Equal classes keep their order: their places are part of the key.
            long[] keys = [.. Enumerable.Range(first, next - first).Select(i => (long)ranks[i] << 32 | (uint)i)];
            int[] stretch = points[first..next].ToArray();
            Array.Sort(keys, stretch);
            stretch.CopyTo(points[first..]);
            text.ShareRange(start + first, start + next - 1);
        }
    }

    /// <summary>Composes decomposed, ordered text in place (form C); a composite covers the ranges of its parts.</summary>
    public void Compose(MappedText text)
    {
        var points = text.CodePoints;
        int starter = -1, lastClass = 0, kept = 0;
        for (int i = 0; i < points.Length; i++)
        {
            int rank = CombiningClass(points[i]);
            bool adjacent = starter == kept - 1;
            bool blocked = !adjacent && (lastClass >= rank);
            if (starter >= 0 && !blocked && Composite(points[starter], points[i]) is >= 0 and int composite)
            {
                text.Replace(starter, composite, text.EndOf(i));
                continue;
            }
            text.Move(i, kept);
            if (rank == 0)
                starter = kept;
            lastClass = rank;
            kept++;
        }
        text.Truncate(kept);
        text.MakeEndsAscend();
    }

    private int Composite(int first, int second)
    {
        int lead = first - LeadBase, vowel = second - VowelBase;
        if ((uint)lead < LeadCount && (uint)vowel < VowelCount)
            return SyllableBase + (lead * VowelCount + vowel) * TrailCount;
        int syllable = first - SyllableBase, trail = second - TrailBase;
        if ((uint)syllable < SyllableCount && syllable % TrailCount == 0 && trail > 0 && trail < TrailCount)
            return first + trail;
        return _composites.GetValueOrDefault((first, second), -1);
    }

    private static void DecomposeSyllable(int syllable, int start, int end, MappedText into)
    {
        into.Add(LeadBase + syllable / (VowelCount * TrailCount), start, end);
        into.Add(VowelBase + syllable % (VowelCount * TrailCount) / TrailCount, start, end);
        if (syllable % TrailCount is > 0 and int trail)
            into.Add(TrailBase + trail, start, end);
    }

    private void ReadTables(Func<int, bool> isKnown)
    {
        var once = new List<(int Point, bool Compatibility, int[] Parts)>();
        foreach (string line in EmbeddedTable.Lines("normalization.txt"))
            ReadLine(line, isKnown, once);
        foreach (var (point, compatibility, parts) in once)
            (compatibility ? _compatible : _canonical)[point] = parts;
        Expand(_canonical, _canonical);
        foreach (var (point, parts) in _canonical)
            _compatible[point] = parts;
        Expand(_compatible, _compatible);
    }

    private void ReadLine(ReadOnlySpan<char> line, Func<int, bool> isKnown, List<(int, bool, int[])> decompositions)
    {
        int first = line.IndexOf(';'), second = line.LastIndexOf(';');
        int point = Hex(line[..first]);
        if (!isKnown(point))
            return;
        if (second > first + 1)
            _combiningClass[point] = byte.Parse(line[(first + 1)..second], NumberStyles.None, CultureInfo.InvariantCulture);
        var parts = line[(second + 1)..];
        if (parts.IsEmpty)
            return;
        bool compatibility = parts[0] == '~', excluded = parts[0] == '!';
        int[] decomposition = [.. parts.TrimStart("~!").ToString().Split(' ').Select(p => Hex(p))];
        decompositions.Add((point, compatibility, decomposition));
        if (!compatibility && !excluded && decomposition.Length == 2)
            _composites[(decomposition[0], decomposition[1])] = point;
    }

    // The database lists one step; a character's full decomposition repeats it until nothing changes.
    private static void Expand(Dictionary<int, int[]> table, Dictionary<int, int[]> steps)
    {
        foreach (int point in table.Keys.ToArray())
        {
            while (table[point].Any(steps.ContainsKey))
                table[point] = [.. table[point].SelectMany(part => steps.GetValueOrDefault(part) ?? [part])];
        }
    }

    private static int Hex(ReadOnlySpan<char> digits) => int.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
