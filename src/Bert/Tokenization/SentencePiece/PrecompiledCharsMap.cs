using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace BareBert.Bert.Tokenization;

/// <summary>
/// The rewriting rules inside a sentencepiece model (NFKC with additions, for ALBERT): from every position the longest rule wins.
/// A double-array trie over UTF-8 bytes leads to positions in a block of replacement strings, each ended by a NUL.
/// </summary>
/// <remarks>
/// The trie's 32-bit units are those of the Darts-clone library: bits 0–7 label, bit 8 "a key ends here", bits 10–30 offset to the
/// children, shifted by 8 when bit 9 is set; a value unit has bit 31 set. Damage never reads outside: a unit out of range matches nothing.
/// </remarks>
internal sealed class PrecompiledCharsMap
{
    private readonly uint[] _units;
    private readonly byte[] _replacements;

    private PrecompiledCharsMap(uint[] units, byte[] replacements)
    {
        _units = units;
        _replacements = replacements;
        for (int c = 0; c < 128; c++)
            IsPlain[c] = !BeginsAsciiRule((byte)c);
    }

    /// <summary>No rules.</summary>
    public static PrecompiledCharsMap Empty { get; } = new([], []);

    /// <summary>[128] whether an ASCII character stays as it is when another ASCII character, or nothing, follows.</summary>
    public bool[] IsPlain { get; } = new bool[128];

    /// <summary>The map in its serialised form: the trie's size in bytes, the trie, the replacements.</summary>
    /// <exception cref="InputException">The sizes do not fit.</exception>
    public static PrecompiledCharsMap Parse(ReadOnlySpan<byte> blob, string source)
    {
        if (blob.IsEmpty)
            return Empty;
        uint size = blob.Length > 4 ? BinaryPrimitives.ReadUInt32LittleEndian(blob) : uint.MaxValue;
        if (size % 4 != 0 || size >= (uint)blob.Length - 4)
            throw new InputException($"damaged sentencepiece model: {source}, its normalisation rules are cut short; fetch the file again");
        var units = MemoryMarshal.Cast<byte, uint>(blob.Slice(4, (int)size)).ToArray();
        if (!BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(units, units);
        return new PrecompiledCharsMap(units, blob[(4 + (int)size)..].ToArray());
    }

    /// <summary>The longest rule for the code points at the front.</summary>
    /// <param name="points">Text from some position on.</param>
    /// <param name="length">Code points that the rule rewrites.</param>
    /// <param name="replacement">UTF-8, possibly empty.</param>
    /// <returns>False when no rule begins here.</returns>
    public bool TryMatch(ReadOnlySpan<int> points, out int length, out ReadOnlySpan<byte> replacement)
    {
        length = 0;
        replacement = [];
        Span<byte> utf8 = stackalloc byte[4];
        uint node = Root;
        for (int i = 0; i < points.Length; i++)
        {
            int count = new Rune(points[i]).EncodeToUtf8(utf8);
            bool ends = false;
            foreach (byte label in utf8[..count])
            {
                if (!Step(ref node, label, out ends))
                    return length > 0;
            }
            if (ends && ValueAt(node) is var value && value < (uint)_replacements.Length)
            {
                length = i + 1;
                replacement = UpToNul(_replacements.AsSpan((int)value));
            }
        }
        return length > 0;
    }

    /// <summary>The shortest rule for the code points at the front.</summary>
    /// <param name="points">A character with what combines with it.</param>
    /// <param name="longest">Most bytes of UTF-8 that they may take together.</param>
    /// <param name="replacement">UTF-8, possibly empty.</param>
    /// <returns>False when there is no rule, or the points are longer.</returns>
    public bool TryMatchShortest(ReadOnlySpan<int> points, int longest, out ReadOnlySpan<byte> replacement)
    {
        replacement = [];
        Span<byte> utf8 = stackalloc byte[longest + 4];
        int count = 0;
        foreach (int point in points)
        {
            count += new Rune(point).EncodeToUtf8(utf8[count..]);
            if (count > longest)
                return false;
        }
        uint node = Root;
        foreach (byte label in utf8[..count])
        {
            if (!Step(ref node, label, out bool ends))
                return false;
            if (ends && ValueAt(node) is var value && value < (uint)_replacements.Length)
            {
                replacement = UpToNul(_replacements.AsSpan((int)value));
                return true;
            }
        }
        return false;
    }

    private static ReadOnlySpan<byte> UpToNul(ReadOnlySpan<byte> replacement) =>
        replacement.IndexOf((byte)0) is >= 0 and int end ? replacement[..end] : replacement;

    // A node is the place that its children's labels are added to, by exclusive or.
    private uint Root => _units.Length == 0 ? 0 : Offset(_units[0]);

    private bool Step(ref uint node, byte label, out bool endsKey)
    {
        uint child = node ^ label;
        endsKey = false;
        if (child >= (uint)_units.Length || (_units[child] & (1u << 31 | 0xFF)) != label)
            return false;
        uint unit = _units[child];
        endsKey = (unit >> 8 & 1) != 0;
        node = child ^ Offset(unit);
        return true;
    }

    private uint ValueAt(uint node) => node < (uint)_units.Length ? _units[node] & 0x7FFFFFFF : uint.MaxValue;

    private static uint Offset(uint unit) => unit >> 10 << (int)((unit & 1u << 9) >> 6);

    private bool BeginsAsciiRule(byte character)
    {
        uint node = Root;
        if (!Step(ref node, character, out bool ends))
            return false;
        for (byte second = 0; second < 128 && !ends; second++)
        {
            uint next = node;
            ends = Step(ref next, second, out _);
        }
        return ends;
    }
}
