using BareBert.Tests;
using Xunit;

namespace BareBert.TokenizersPeer;

/// <summary>ALBERT's tokenizer, as transformers converts its sentencepiece model, against Hugging Face's Rust library.</summary>
public class UnigramParity
{
    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Albert(bool lowerCase, bool keepAccents)
    {
        string file = SharedData.Require("vocab", "albert-spiece.model");
        var document = Documents.Albert(File.ReadAllBytes(file), lowerCase, keepAccents);
        Assert.Empty(Agreement.Compare($"lower case {lowerCase}", document, [.. Texts.WikiText(), .. Texts.Hard, .. Texts.Random(100_000)]));
    }
}
