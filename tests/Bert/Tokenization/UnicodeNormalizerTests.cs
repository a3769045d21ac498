using System.Text;
using Xunit;

namespace BareBert.Tests;

public class UnicodeNormalizerTests
{
    // Rows of the Unicode Character Database's NormalizationTest.txt, one for each rule: source, NFC, NFD, NFKD.
    [Theory]
    [InlineData("\u1E0A", "\u1E0A", "D\u0307", "D\u0307")]
    [InlineData("\u1E0A\u0323", "\u1E0C\u0307", "D\u0323\u0307", "D\u0323\u0307")]
    [InlineData("D\u0307\u031B\u0323", "\u1E0C\u031B\u0307", "D\u031B\u0323\u0307", "D\u031B\u0323\u0307")]
    [InlineData("\u212B", "\u00C5", "A\u030A", "A\u030A")]
    [InlineData("\uFB01", "\uFB01", "\uFB01", "fi")]
    [InlineData("\u1E9B\u0323", "\u1E9B\u0323", "\u017F\u0323\u0307", "s\u0323\u0307")]
    [InlineData("\uAC01", "\uAC01", "\u1100\u1161\u11A8", "\u1100\u1161\u11A8")]
    [InlineData("\u1100\u1161\u11A8", "\uAC01", "\u1100\u1161\u11A8", "\u1100\u1161\u11A8")]
    [InlineData("\uAC00\u11A7", "\uAC00\u11A7", "\u1100\u1161\u11A7", "\u1100\u1161\u11A7")]
    [InlineData("\u0958", "\u0915\u093C", "\u0915\u093C", "\u0915\u093C")]
    [InlineData("\u0344", "\u0308\u0301", "\u0308\u0301", "\u0308\u0301")]
    [InlineData("a\u0315\u0300\u05AE\u0300b", "\u00E0\u05AE\u0300\u0315b", "a\u05AE\u0300\u0300\u0315b", "a\u05AE\u0300\u0300\u0315b")]
    [InlineData("\u09C7\u0334\u09BE", "\u09C7\u0334\u09BE", "\u09C7\u0334\u09BE", "\u09C7\u0334\u09BE")]
    [InlineData("\U0002F800", "\u4E3D", "\u4E3D", "\u4E3D")]
    [InlineData("\U0001D15E", "\U0001D157\U0001D165", "\U0001D157\U0001D165", "\U0001D157\U0001D165")]
    [InlineData("\uFDFA", "\uFDFA", "\uFDFA", "\u0635\u0644\u0649 \u0627\u0644\u0644\u0647 \u0639\u0644\u064A\u0647 \u0648\u0633\u0644\u0645")]
    public void NormalisesAsTheStandardSays(string source, string nfc, string nfd, string nfkd)
    {
        Assert.Equal(Shown(nfd), Shown(Normalize(source, compatibility: false, compose: false)));
        Assert.Equal(Shown(nfc), Shown(Normalize(source, compatibility: false, compose: true)));
        Assert.Equal(Shown(nfkd), Shown(Normalize(source, compatibility: true, compose: false)));
    }

    /// <summary>A stable sort of each run, as the standard has it; marks that nothing was moved across keep their own places in the text.</summary>
    [Fact]
    public void MarksAreOrderedHoweverManyThereAre()
    {
        var random = new Random(5);
        string marks = "\u0301\u0300\u0323\u0331\u031B\u05AE\u0334a";
        for (int round = 0; round < 200; round++)
        {
            string source = string.Concat(Enumerable.Range(0, 1 + random.Next(12)).Select(_ => marks[random.Next(marks.Length)]));
            int[] expected = [.. source.Select(c => (int)c)];
            for (int i = 1; i < expected.Length; i++)
            {
                for (int j = i; j > 0 && Class(expected[j]) > 0 && Class(expected[j - 1]) > Class(expected[j]); j--)
                    (expected[j - 1], expected[j]) = (expected[j], expected[j - 1]);
            }
            Assert.Equal(string.Concat(expected.Select(char.ConvertFromUtf32)), Normalize(source, compatibility: false, compose: false));
        }
        string half = new('\u0323', 100_000);
        Assert.Equal("a" + half + new string('\u0301', 100_000), Normalize("a" + new string('\u0301', 100_000) + half, compatibility: false, compose: false));

        var text = new MappedText();
        foreach ((int at, char mark) in "a\u0323\u0301\u0331b".Index())
            text.Add(mark, at, at + 1);
        UnicodeNormalizer.Instance.Reorder(text);
        Assert.Equal([0, 1, 2, 2, 4], Enumerable.Range(0, 5).Select(text.StartOf));
        Assert.Equal([1, 2, 4, 4, 5], Enumerable.Range(0, 5).Select(text.EndOf));

        static int Class(int point) => UnicodeNormalizer.Instance.CombiningClass(point);
    }

    internal static string Normalize(string source, bool compatibility, bool compose)
    {
        var text = new MappedText();
        int at = 0;
        foreach (Rune rune in source.EnumerateRunes())
        {
            UnicodeNormalizer.Instance.Decompose(rune.Value, at, at + rune.Utf16SequenceLength, text, compatibility);
            at += rune.Utf16SequenceLength;
        }
        UnicodeNormalizer.Instance.Reorder(text);
        if (compose)
            UnicodeNormalizer.Instance.Compose(text);
        return string.Concat(text.CodePoints.ToArray().Select(char.ConvertFromUtf32));
    }

    private static string Shown(string text) => string.Join(' ', text.Select(c => ((int)c).ToString("X4", null)));
}
