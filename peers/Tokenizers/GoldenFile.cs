using System.Globalization;
using BareBert.Tests;
using Xunit;

namespace BareBert.TokenizersPeer;

/// <summary>
/// The recorded ids of the hard texts (<c>tests/golden/tokenizer/wordpiece.tsv</c>) are the Rust library's. With the environment variable
/// BAREBERT_RECORD naming that folder they are written anew.
/// </summary>
public class GoldenFile
{
    [Fact]
    public void Is_what_the_library_gives()
    {
        string[] characters = File.ReadAllLines(HardTexts.PathOf("characters-vocab.txt"));
        string[] uncased = File.ReadAllLines(SharedData.Require("vocab", "bert-base-uncased-vocab.txt")), cased = File.ReadAllLines(SharedData.Require("vocab", "bert-base-cased-vocab.txt"));
        RustTokenizer[] columns =
        [
            Open(characters, Documents.BertNormalizer(true)), Open(characters, Documents.BertNormalizer(false)),
            Open(uncased, Documents.BertNormalizer(true)), Open(cased, Documents.BertNormalizer(false)),
            Open(characters, Documents.BertNormalizer(true, stripAccents: false)), Open(characters, Documents.BertNormalizer(false, stripAccents: true, chinese: false)),
        ];
        string[] recorded = File.ReadAllLines(HardTexts.PathOf("wordpiece.tsv"));
        string[] now = [.. recorded.Zip(Texts.Hard, (line, text) => string.Join('\t', columns.Select(c => Ids(c.Encode(text))).Prepend(line.Split('\t')[0])))];
        if (Environment.GetEnvironmentVariable("BAREBERT_RECORD") is { Length: > 0 } folder)
            File.WriteAllText(Path.Combine(folder, "wordpiece.tsv"), string.Concat(now.Select(line => line + "\n")));
        else
            Assert.Equal(recorded, now);
    }

    private static RustTokenizer Open(string[] vocabulary, System.Text.Json.Nodes.JsonObject normalizer) =>
        new(Documents.WordPiece(vocabulary, normalizer, Documents.Part("BertPreTokenizer")));

    private static string Ids(int[] ids) => string.Join(' ', ids.Select(id => id.ToString(CultureInfo.InvariantCulture)));
}
