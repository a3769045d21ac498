using Xunit;

namespace BareBert.Tests;

public sealed class SstDatasetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ReadsATreeIntoItsPhrases()
    {
        var phrases = SstTree.Parse("(3 (2 It) (4 (2 (2 -LRB-) (2 and\\/or)) (3 works)))");
        Assert.Equal(
            [(3, "It ( and/or works"), (2, "It"), (4, "( and/or works"), (2, "( and/or"), (2, "("), (2, "and/or"), (3, "works")],
            phrases.Select(p => (p.Label, p.Text)));
    }

    [Theory]
    [InlineData("", "not closed")]
    [InlineData("(3 (2 It)", "not closed")]
    [InlineData("(3 It) x", "after the tree")]
    [InlineData("(3 It))", "after the tree")]
    [InlineData("(3 )", "without words")]
    [InlineData("(5 It)", "without a label")]
    [InlineData("(33 It)", "without a label")]
    [InlineData("(", "without a label")]
    [InlineData("It", "outside the brackets")]
    [InlineData("(3 one two)", "second word")]
    [InlineData("(3 one (2 two))", "beside a word")]
    public void SaysWhatIsWrongWithATree(string line, string why) => Assert.Contains(why, Assert.Throws<FormatException>(() => SstTree.Parse(line)).Message);

    [Fact]
    public void DepthCostsNoStackAndIsBounded()
    {
        const int Deep = 300_000;
        string chain = string.Concat(Enumerable.Repeat("(2 ", Deep)) + "x" + new string(')', Deep);
        Assert.Equal(Deep, SstTree.Parse(chain).Count());
        string comb = string.Concat(Enumerable.Repeat("(2 (2 x) ", 20_000)) + "(2 y)" + new string(')', 20_000);
        Assert.Contains("too deep", Assert.Throws<FormatException>(() => SstTree.Parse(comb)).Message);
        Assert.Throws<FormatException>(() => SstTree.Parse(new string('(', Deep)));
    }

    [Fact]
    public void TreesHaveTheBestClassFirst()
    {
        string path = _folder.Write("t.txt", "(4 (2 very) (4 good))\n\n(0 awful)\n");
        Assert.Equal([(0, "very good"), (4, "awful")], SstTreeDataset.Read(path, phrases: false).Examples.Select(e => (e.Label, e.Text)));
        Assert.Equal([0, 2, 0, 4], SstTreeDataset.Read(path, phrases: true).Labels);
        Assert.Equal([0, 4], ClassificationData.Read(path, sstPhrases: false).Train.Labels);
        Assert.Equal("very positive", SstLabels.Names[0]);
        string wrong = _folder.Write("w.txt", "(4 a)\n(4 b\n");
        Assert.Contains("line 2", Assert.Throws<InputException>(() => SstTreeDataset.Read(wrong, false)).Message);
    }

    [Theory]
    [InlineData(0, 4)]
    [InlineData(0.2, 4)]
    [InlineData(0.20001, 3)]
    [InlineData(0.4, 3)]
    [InlineData(0.6, 2)]
    [InlineData(0.8, 1)]
    [InlineData(0.81, 0)]
    [InlineData(1, 0)]
    public void CutsValuesWhereTheAuthorsDo(double value, int label) => Assert.Equal(label, SstLabels.OfValue(value));

    [Theory]
    [InlineData("good | bad|0\nfine|1\nnone|7\n")]
    [InlineData("id,phrase\n0,good | bad\n1,\"fine\"\n7,none\n")]
    [InlineData("0\tgood | bad\n1\tfine\n7\tnone\n")]
    public void ReadsPhrasesFromEitherKindOfFile(string phrases)
    {
        string values = _folder.Write("sentiment_labels.txt", "phrase ids|sentiment values\n0|0.9\n1|0.5\n3|0.1\n");
        var data = SstStanfordDataset.ReadPhrases(values, _folder.Write("dictionary.txt", phrases));
        Assert.Equal([(0, "good | bad"), (2, "fine")], data.Examples.Select(e => (e.Label, e.Text)));
        Assert.Contains(data.Notices, n => n.StartsWith("1 values have no phrase"));
        Assert.Contains(data.Notices, n => n.StartsWith("1 phrases have no value"));
        Assert.Equal(2, ClassificationData.Read(values).Train.Examples.Count);
    }

    [Fact]
    public void TheLexiconOfTheSameIdsStandsInForTheDictionary()
    {
        _folder.Write("sentiment_labels.txt", "phrase ids|sentiment values\n0|0.9\n1|0.1\n");
        _folder.Write("sentlex_exp12.txt", "id,phrase\n0,good&#44 and \"new\"\n1,bad\n");
        Assert.Equal([(0, "good, and \"new\""), (4, "bad")], ClassificationData.Read(_folder.Root).Train.Examples.Select(e => (e.Label, e.Text)));
        _folder.Write("datasetSentences.txt", "sentence_index\tsentence\n1\tgood, and \"new\"\n2\tbad\n3\tbad\n");
        _folder.Write("datasetSplit.txt", "sentence_index,splitset_label\n1,1\n2,2\n3,3\n");
        Assert.Equal(0, ClassificationData.Read(_folder.Root).Train.Examples.Single().Label);
    }

    [Fact]
    public void ReadsSentencesInTheirOfficialSplitAndMendsTheirSpelling()
    {
        _folder.Write("sentiment_labels.txt", "phrase ids|sentiment values\n0|0.9\n1|0.5\n2|0.1\n3|0.3\n");
        _folder.Write("dictionary.txt", "The clichés disappear|0\n( ok )|1\nnaïve|2\nBad .|3\n");
        _folder.Write("datasetSentences.txt", "sentence_index\tsentence\n1\tThe clichÃ©s disappear\n2\t-LRB- ok -RRB-\n3\tnaïve\n4\tBad .\n5\tunknown\n");
        _folder.Write("datasetSplit.txt", "sentence_index,splitset_label\n1,1\n2,2\n3,3\n4,1\n5,1\n");
        var splits = SstStanfordDataset.ReadSentences(_folder.Root);
        Assert.Equal([("The clichés disappear", 0), ("Bad .", 3)], splits.Train.Examples.Select(e => (e.Text, e.Label)));
        Assert.Equal(["( ok )"], splits.Test!.Examples.Select(e => e.Text));
        Assert.Equal(["naïve"], splits.Validation!.Examples.Select(e => e.Text));
        Assert.Contains(splits.Train.Notices, n => n.StartsWith("1 sentences of train are not in the dictionary"));
        File.Delete(_folder.At("dictionary.txt"));
        Refusals.Of(() => SstStanfordDataset.ReadSentences(_folder.Root), "the phrases are missing", "dictionary.txt", "trees");
    }

    [Theory]
    [InlineData("0|NaN", "not a number from 0 to 1")]
    [InlineData("0|1.5", "not a number from 0 to 1")]
    [InlineData("0|0.5\n0|0.5", "stands twice")]
    [InlineData("0|0.5\nx|0.5", "no id")]
    public void RefusesValuesThatAreNone(string values, string why) => Assert.Contains(why, Assert.Throws<InputException>(() =>
        SstStanfordDataset.ReadPhrases(_folder.Write("v.txt", values), _folder.Write("d.txt", "a|0\n"))).Message);

    [Fact]
    public void AnyBytesAreReadOrRefused()
    {
        Fuzz.ReadsOrRefuses("(3 (2 It) (4 works))\n(1 (1 not) (2 -LRB-))\n", bytes => SstTreeDataset.Read(_folder.Write("t.txt", bytes), true));
        string values = _folder.Write("v.txt", "0|0.9\n1|0.5\n"), phrases = _folder.Write("d.txt", "a|0\nb|1\n");
        Fuzz.ReadsOrRefuses("phrase ids|sentiment values\n0|0.9\n1|0.5\n", bytes => SstStanfordDataset.ReadPhrases(_folder.Write("fv.txt", bytes), phrases));
        Fuzz.ReadsOrRefuses("id,phrase\n0,\"a\"\n1,b\n", bytes => SstStanfordDataset.ReadPhrases(values, _folder.Write("fd.txt", bytes)));
    }

    [Fact]
    public void ReadsTheRealTrees()
    {
        string folder = SharedData.Require("sst", "trees");
        var (train, dev, test) = SstTreeDataset.ReadSplits(folder, trainOnPhrases: false, evaluateOnPhrases: false);
        Assert.Equal((8_544, 1_101, 2_210), (train.Examples.Count, dev!.Examples.Count, test!.Examples.Count));
        Assert.Equal([1_288, 2_322, 1_624, 2_218, 1_092], train.Balance.Counts);
        int Phrases(string file) => SstTreeDataset.Read(Path.Combine(folder, file), phrases: true).Examples.Count;
        Assert.Equal((318_582, 41_447, 82_600), (Phrases("train.txt"), Phrases("dev.txt"), Phrases("test.txt")));
        Assert.Equal("Effective but too-tepid biopic", test.Examples[0].Text);
    }

    [Fact]
    public void TheRealStanfordFilesLackTheirDictionaryAndThatIsSaid() => Assert.Contains(
        "dictionary.txt", Assert.Throws<InputException>(() => ClassificationData.Read(SharedData.Require("sst", "stanfordSentimentTreebank"))).Message);
}
