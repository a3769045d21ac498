using System.Globalization;

namespace BareBert.Bert.Tokenization;

/// <summary>Lower-casing and white space as Python's strings know them, on which Hugging Face's tokenizers are built.</summary>
internal static class UnicodeCase
{
    /// <summary>İ, the one letter whose lower case is two characters: i and a combining dot.</summary>
    public const int CapitalDottedI = 0x130;

    private const int CapitalSigma = 0x3A3, SmallSigma = 0x3C3, FinalSigma = 0x3C2;

    // The framework's own casing changes with the version of ICU that a machine has, or has not.
    private static readonly Dictionary<int, int> Lower = ReadTable();

    /// <summary>The lower case of a character, taken by itself; the last of the two of İ.</summary>
    public static int LowerLast(int codePoint) => codePoint switch
    {
        < 128 => codePoint is >= 'A' and <= 'Z' ? codePoint | 0x20 : codePoint,
        CapitalDottedI => 0x307,
        _ => Lower.GetValueOrDefault(codePoint, codePoint),
    };

    /// <summary>Appends the lower case of a character, taken by itself: two for İ.</summary>
    public static void AddLower(int codePoint, int start, int end, MappedText into)
    {
        if (codePoint == CapitalDottedI)
            into.Add('i', start, end);
        into.Add(LowerLast(codePoint), start, end);
    }

    /// <summary>Lower-cases decomposed text in place, as a whole: a capital sigma that ends a word becomes a final one.</summary>
    /// <remarks>The Unicode Standard, section 3.13, condition Final_Sigma.</remarks>
    public static void LowerInPlace(Span<int> points)
    {
        for (int i = 0; i < points.Length; i++)
        {
            if (points[i] == CapitalSigma)
                points[i] = EndsWord(points, i) ? FinalSigma : SmallSigma;
            else
                points[i] = LowerLast(points[i]);
        }
    }

    /// <summary>What <c>str.split()</c> splits at.</summary>
    public static bool IsSpace(int codePoint) => codePoint switch
    {
        < 128 => codePoint is ' ' or >= '\t' and <= '\r' or >= 0x1C and <= 0x1F,
        0x85 or 0x2028 or 0x2029 => true,
        _ => CharUnicodeInfo.GetUnicodeCategory(codePoint) == UnicodeCategory.SpaceSeparator,
    };

    private static Dictionary<int, int> ReadTable()
    {
        var lower = new Dictionary<int, int>();
        foreach (string line in EmbeddedTable.Lines("lowercase.txt"))
        {
            string[] fields = line.Split(';');
            int last = Convert.ToInt32(fields[1], 16), step = int.Parse(fields[2], CultureInfo.InvariantCulture), distance = int.Parse(fields[3], CultureInfo.InvariantCulture);
            for (int point = Convert.ToInt32(fields[0], 16); point <= last; point += step)
                lower[point] = point + distance;
        }
        return lower;
    }

    private static bool EndsWord(ReadOnlySpan<int> points, int sigma)
    {
        int before = sigma - 1, after = sigma + 1;
        while (before >= 0 && IsCaseIgnorable(points[before]))
            before--;
        while (after < points.Length && IsCaseIgnorable(points[after]))
            after++;
        return before >= 0 && IsCased(points[before]) && !(after < points.Length && IsCased(points[after]));
    }

    private static bool IsCased(int codePoint) => CharUnicodeInfo.GetUnicodeCategory(codePoint)
        is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter;

    // Marks, format characters, modifiers, and the punctuation that stands inside words.
    private static bool IsCaseIgnorable(int codePoint) => codePoint is '\'' or '.' or ':' or 0xB7 or 0x387 or 0x55F or 0x5F4 or 0x2018 or 0x2019
        or 0x2024 or 0x2027 or 0xFE13 or 0xFE52 or 0xFE55 or 0xFF07 or 0xFF0E or 0xFF1A
        || CharUnicodeInfo.GetUnicodeCategory(codePoint) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark
            or UnicodeCategory.Format or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol;
}
