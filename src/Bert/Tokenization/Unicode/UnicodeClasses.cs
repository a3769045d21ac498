using System.Globalization;

namespace BareBert.Bert.Tokenization;

/// <summary>The classes of characters that Hugging Face's Rust library cuts text by.</summary>
/// <remarks>
/// For punctuation, non-spacing marks and format characters BERT's parts look in tables of Unicode 8 (2015), and the normalisation forms
/// in tables of Unicode 9: what was assigned later is a plain letter there. White space and words are of today's Unicode. The ranges
/// below were found by asking the library about every code point; the tests in <c>peers/Tokenizers</c> ask again.
/// </remarks>
internal static class UnicodeClasses
{
    // Punctuation, non-spacing marks and format characters that were assigned, or became such, after Unicode 8.
    private const string After8 =
        "61D 7FD 890-89F 8CA-8E2 9FD-9FE A76 AFA-AFF B55 C04 C3C C77 C84 D00 D3B-D3C D81 EBA ECE 180F 1885-1886 1ABF-1ACE 1B4E-1B4F "
        + "1B7D-1B7F 1DF6-1DFB 2E43-2E4F 2E52-2E5D A82C A8C5 A8FF A9BD 10D24-10D27 10D69-10D6E 10EAB-10EAD 10EFC-10EFF 10F46-10F50 "
        + "10F55-10F59 10F82-10F89 11070 11073-11074 110C2-110CD 111C9 111CF 1123E 11241 1133B 113BB-113C0 113CE 113D0 113D2 113D4-113E2 "
        + "11438-1143F 11442-11444 11446 1144B-1144F 1145A-1145E 11660-1166C 116B9 1182F-11837 11839-1183B 1193B-1193C 1193E 11943-11946 "
        + "119D4-119DB 119E0 119E2 11A01-11A0A 11A33-11A38 11A3B-11A47 11A51-11A56 11A59-11A5B 11A8A-11A96 11A98-11A9C 11A9E-11AA2 "
        + "11B00-11B09 11BE1 11C30-11C3D 11C3F 11C41-11C45 11C70-11C71 11C92-11CA7 11CAA-11CB0 11CB2-11CB3 11CB5-11CB6 11D31-11D45 11D47 "
        + "11D90-11D91 11D95 11D97 11EF3-11EF4 11EF7-11F01 11F36-11F3A 11F40 11F42-11F4F 11F5A 11FFF 12FF1-12FF2 13430-13440 13447-13455 "
        + "1611E-16129 1612D-1612F 16D6D-16D6F 16E97-16E9A 16F4F 16FE2 16FE4 1CF00-1CF46 1E000-1E02A 1E08F 1E130-1E136 1E2AE 1E2EC-1E2EF "
        + "1E4EC-1E4EF 1E5EE-1E5EF 1E5FF 1E944-1E94A 1E95E-1E95F";

    // Marks, and characters that decompose, after Unicode 9.
    private const string After9 =
        "7FD 897-89F 8CA-8D3 9FE AFA-AFF B55 C04 C3C CF3-D00 D3B-D3C D81 EBA ECE 1715 180F 1ABF-1ACE 1CF7 1DF6-1DFA 32FF A7F2-A7F4 "
        + "A82C A8FF AB69 10781-107BA 10D24-10D27 10D69-10D6D 10EAB-10EAC 10EFC-10EFF 10F46-10F50 10F82-10F85 11070 11073-11074 "
        + "110C2 11145-11146 111C9 111CE-111CF 11241 1133B 113B8-113D0 113D2 113E1-113E2 1145E 1182C-1183A 11930-1193E 11940 "
        + "11942-11943 119D1-119E0 119E4 11A01-11A0A 11A33-11A39 11A3B-11A3E 11A47 11A51-11A5B 11A8A-11A99 11D31-11D45 11D47 "
        + "11D8A-11D97 11EF3-11EF6 11F00-11F01 11F03 11F34-11F42 11F5A 13440 13447-13455 1611E-1612F 16F4F 16F7F-16F87 16FE4-16FF1 "
        + "1CF00-1CF46 1E030-1E08F 1E130-1E136 1E2AE 1E2EC-1E2EF 1E4EC-1E4EF 1E5EE-1E5EF 1F16C 1FBF0-1FBF9";

    private static readonly CodePointRanges Later8 = new(After8), Later9 = new(After9);

    /// <summary>Unicode's White_Space.</summary>
    public static bool IsWhiteSpace(int point) => point switch
    {
        < 128 => point is ' ' or >= '\t' and <= '\r',
        0x85 or 0x2028 or 0x2029 => true,
        _ => CharUnicodeInfo.GetUnicodeCategory(point) == UnicodeCategory.SpaceSeparator,
    };

    /// <summary>ASCII's marks and symbols, and the categories P* of Unicode 8.</summary>
    public static bool IsPunctuation(int point) => point < 128
        ? point is >= 33 and <= 47 or >= 58 and <= 64 or >= 91 and <= 96 or >= 123 and <= 126
        : IsPunctuation(CategoryOf8(point));

    /// <summary>Category Mn of Unicode 8: the accents that BERT strips.</summary>
    public static bool IsNonSpacingMark(int point) => point >= 0x300 && CategoryOf8(point) == UnicodeCategory.NonSpacingMark;

    /// <summary>Control, format and private characters, those of Unicode 8; tab and the line ends are spaces instead.</summary>
    public static bool IsControl(int point) => point is not ('\t' or '\n' or '\r')
        && CategoryOf8(point) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse;

    /// <summary>Whether the normalisation forms do not know a character yet: it neither decomposes nor combines.</summary>
    public static bool IsAfter9(int point) => Later9.Contains(point);

    /// <summary>Category M* of Unicode 9: what the normalizer StripAccents drops.</summary>
    public static bool IsMark(int point) => point is 0x1CF2 or 0x1CF3 || (point >= 0x300 && CharUnicodeInfo.GetUnicodeCategory(point)
        is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark && !IsAfter9(point));

    /// <summary>Categories N*.</summary>
    public static bool IsNumeric(int point) => CharUnicodeInfo.GetUnicodeCategory(point)
        is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    /// <summary>What <c>\w</c> means by Unicode Technical Standard #18: alphabetic characters, marks, digits, connectors, joiners.</summary>
    public static bool IsWord(int point) => point is 0x200C or 0x200D or >= 0x24B6 and <= 0x24E9
            or >= 0x1F130 and <= 0x1F149 or >= 0x1F150 and <= 0x1F169 or >= 0x1F170 and <= 0x1F189
        || CharUnicodeInfo.GetUnicodeCategory(point) is <= UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation;

    /// <summary>The blocks of CJK unified and compatibility ideographs that BERT makes words of, as the library lists them: it begins extension E too late.</summary>
    public static bool IsIdeograph(int point) => point is >= 0x4E00 and <= 0x9FFF or >= 0x3400 and <= 0x4DBF
        or >= 0x20000 and <= 0x2A6DF or >= 0x2A700 and <= 0x2B73F or >= 0x2B740 and <= 0x2B81F
        or >= 0x2B920 and <= 0x2CEAF or >= 0xF900 and <= 0xFAFF or >= 0x2F800 and <= 0x2FA1F;

    private static bool IsPunctuation(UnicodeCategory category) =>
        category is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation;

    // The category, as far as it is one of the three kinds that the tables of Unicode 8 decide.
    private static UnicodeCategory CategoryOf8(int point)
    {
        switch (point)
        {
            case 0x166D or 0x111C9:
                return UnicodeCategory.OtherPunctuation;
            case 0x1734 or 0x1171E:
                return UnicodeCategory.NonSpacingMark;
        }
        UnicodeCategory category = CharUnicodeInfo.GetUnicodeCategory(point);
        bool decided = category is UnicodeCategory.NonSpacingMark or UnicodeCategory.Format || IsPunctuation(category);
        return decided && Later8.Contains(point) ? UnicodeCategory.OtherNotAssigned : category;
    }
}
