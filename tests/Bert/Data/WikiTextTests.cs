using Xunit;

namespace BareBert.Tests;

public class WikiTextTests
{
    [Theory]
    [InlineData(" It may weigh 6 kilograms ( 13 lb ) , or more . ", "It may weigh 6 kilograms (13 lb), or more.")]
    [InlineData("a red @-@ tipped claw", "a red-tipped claw")]
    [InlineData("1 @,@ 000 and 0 @.@ 7", "1,000 and 0.7")]
    [InlineData("the <unk> larvae", "the [UNK] larvae")]
    [InlineData("the game 's opening , I 'm sure it don 't", "the game's opening, I'm sure it don't")]
    [InlineData("\" lobster red \" on cooking", "\"lobster red\" on cooking")]
    [InlineData("the \" <unk> \" , and \" cutter \" .", "the \"[UNK]\", and \"cutter\".")]
    [InlineData("an \" unpaired quote", "an \" unpaired quote")]
    [InlineData("it cost $ 5 , up 7 % , or $ x and a %", "it cost $5, up 7%, or $ x and a %")]
    [InlineData("at 16 : 45 , 3 : x", "at 16:45, 3: x")]
    [InlineData("students ' work – fine / good", "students ' work – fine / good")]
    [InlineData("wait ; what : no ! why ?", "wait; what: no! why?")]
    [InlineData("", "")]
    public void Puts_tokenised_text_together_where_it_is_safe(string tokenised, string expected) =>
        Assert.Equal(expected, WikiText.Untokenise(tokenised));

    [Theory]
    [InlineData(" = Homarus gammarus = ", 1)]
    [InlineData(" = = Description = = ", 2)]
    [InlineData(" = = = Early life = = = ", 3)]
    [InlineData("= Title =", 1)]
    [InlineData(" = unbalanced = = ", 0)]
    [InlineData(" x = y = ", 0)]
    [InlineData(" = ", 0)]
    [InlineData("= =", 0)]
    [InlineData("", 0)]
    public void Knows_headings(string line, int level) => Assert.Equal(level, WikiText.HeadingLevel(["", line, ""], 1));

    [Fact]
    public void A_line_of_a_table_is_no_heading() => Assert.Equal(0, WikiText.HeadingLevel(["", " = No result , Pts = ", " Points ; "], 1));

    [Fact]
    public void Titles_start_documents_and_sections_do_not()
    {
        const string text = " \n = One = \n \n First . Second @-@ rate . \n \n = = Part = = \n \n Third . \n \n = Two = \n \n Fourth . \n";
        List<Document> documents = DocumentReader.Read(text);
        Assert.Equal(2, documents.Count);
        Assert.Equal(["First.", "Second-rate.", "Third."], documents[0].Sentences);
        Assert.Equal(["Fourth."], documents[1].Sentences);
    }

    [Fact]
    public void Plain_text_is_taken_as_it_is()
    {
        List<Document> documents = DocumentReader.Read("One @-@ two. Three .\r\nFour.\r\n\r\n  \r\nFive.");
        Assert.Equal(2, documents.Count);
        Assert.Equal(["One @-@ two.", "Three .", "Four."], documents[0].Sentences);
        Assert.Equal(["Five."], documents[1].Sentences);
    }
}
