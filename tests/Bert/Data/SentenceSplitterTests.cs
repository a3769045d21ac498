using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BareBert.Tests;

public class SentenceSplitterTests
{
    // A bar stands where a sentence ends.
    [Theory]
    [InlineData("He came.| He saw.| He won.")]
    [InlineData("Mr. Smith met Dr. Jones in St. Louis.| They talked.")]
    [InlineData("J. R. R. Tolkien wrote it.| It sold well.")]
    [InlineData("It is close to H. americanus in form.| H. gammarus is larger.")]
    [InlineData("It rose by 3.5 per cent.| In 2.5 years it doubled.")]
    [InlineData("He asked, \"Why?\" and left.| Nobody answered.")]
    [InlineData("\"Go!\" he cried.| \"Now!\"| They went.")]
    [InlineData("She called it \"art.\"| Others did not.")]
    [InlineData("He paused ... and went on.| The end.")]
    [InlineData("What?!| Really!!| Yes...| No.")]
    [InlineData("See No. 7 and vol. 2 for more.| I said no.| Then I left.")]
    [InlineData("The U.S. Navy left on Jan. 5, 1942.| It returned in March.")]
    [InlineData("Many, e.g. Smith, agree (cf. Jones).| Some do not.")]
    [InlineData("So did I.| Then we left.")]
    [InlineData("It ended (at last.)| The crowd left.")]
    [InlineData("no capital. here is none")]
    [InlineData("First.|  \t Second.")]
    [InlineData("Founded by Lt.-Gen. Brown.| It grew.")]
    [InlineData("我来了。|你好吗？|好！")]
    [InlineData("It sold 1,000 copies.| 500 were returned.")]
    [InlineData("Él vino.| Ärger folgte.")]
    [InlineData("the site example.com is up.| Visit it.")]
    [InlineData("an unfinished sentence")]
    public void Ends_where_a_reader_would_end_them(string marked)
    {
        string[] expected = [.. marked.Split('|').Select(s => s.Trim())];
        Assert.Equal(expected, SentenceSplitter.Split(marked.Replace("|", "")));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \t ")]
    public void Nothing_has_no_sentence(string paragraph) => Assert.Empty(SentenceSplitter.Split(paragraph));

    [Fact]
    public void Loses_and_adds_nothing_but_white_space()
    {
        var words = Gen.Elements(". ", "! ", "? ", "\" ", "\"", "Mr. ", "A. ", "word ", "Word ", "。", "… ", ") ", "(", "7 ", "No. ", " ", "\u00a0", "é", "\ud83d");
        var paragraphs = words.ListOf().Select(parts => string.Concat(parts)).ToArbitrary();
        Prop.ForAll(paragraphs, paragraph =>
        {
            List<string> sentences = SentenceSplitter.Split(paragraph);
            return sentences.All(s => s.Trim().Length > 0) && WithoutSpace(string.Concat(sentences)) == WithoutSpace(paragraph);
        }).HoldsFor();
    }

    private static string WithoutSpace(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
}
