using System.Globalization;
using System.Text;
using BareBert.Tests;

namespace BareBert.TokenizersPeer;

/// <summary>What is tokenised on both sides.</summary>
internal static class Texts
{
    /// <summary>Every assigned code point but surrogates; private ones and noncharacters are left out.</summary>
    public static int[] Assigned { get; } = [.. Enumerable.Range(0, 0x110000).Where(point => !(point is >= 0xD800 and <= 0xDFFF)
        && CharUnicodeInfo.GetUnicodeCategory(point) is not (UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse))];

    /// <summary>A vocabulary in which every assigned character is a piece, within words and at their beginning: nothing is hidden by [UNK].</summary>
    public static string[] EveryCharacter { get; } =
    [
        "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]",
        .. Assigned.Select(char.ConvertFromUtf32), .. Assigned.Select(point => "##" + char.ConvertFromUtf32(point)),
    ];

    /// <summary>The recorded hard texts. A lone surrogate cannot be given to the other side: U+FFFD stands for it.</summary>
    public static string[] Hard { get; } = [.. HardTexts.Read("wordpiece.tsv").Select(row => Valid(row.Text))];

    /// <summary>All lines of WikiText-2, tokenised and raw.</summary>
    public static string[] WikiText() =>
    [
        .. new[] { "train.txt", "valid.txt", "test.txt" }.SelectMany(name => File.ReadLines(SharedData.Require("wikitext-2", name))),
        .. new[] { "wiki.valid.raw", "wiki.test.raw" }.SelectMany(name => File.ReadLines(SharedData.Require("wikitext-2-raw", name))),
    ];

    /// <summary>
    /// Random strings of 1 to 40 characters: of every assigned code point alike, of letters with marks, of ASCII, of spaces and special tokens.
    /// Every code point occurs.
    /// </summary>
    public static IEnumerable<string> Random(int count, int seed = 1)
    {
        var random = new Random(seed);
        int[] shuffled = [.. Assigned];
        random.Shuffle(shuffled);
        int next = 0;
        for (int i = 0; i < count; i++)
        {
            var text = new StringBuilder();
            for (int length = random.Next(1, 41); length > 0; length--)
            {
                string part = random.Next(10) switch
                {
                    0 => ((char)random.Next(' ', '~' + 1)).ToString(),
                    1 => ((char)random.Next('a', 'z' + 1)).ToString(),
                    2 => ((char)random.Next(0x300, 0x370)).ToString(),
                    3 => ((char)random.Next(0xC0, 0x250)).ToString(),
                    4 => " ",
                    5 when random.Next(4) == 0 => Fragments[random.Next(Fragments.Length)],
                    _ => char.ConvertFromUtf32(shuffled[next++ % shuffled.Length]),
                };
                text.Append(part);
            }
            yield return text.ToString();
        }
    }

    private static readonly string[] Fragments =
        ["[MASK]", "[SEP]", "[CLS]", "[UNK]", "[mask]", "  ", "\t", "\r\n", "\u00A0", "\u3000", "``", "''", "9,9", "don't", "東京", "각", "e\u0301", "İ", "Σ", "ﬁ"];

    private static string Valid(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
