using Xunit;

namespace BareBert.Tests;

/// <summary>Pairs, triplets, scored pairs and folders to search in.</summary>
public sealed class PairDataTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("pairs.csv", "anchor,positive\na,b\nc,\"d, e\"\n")]
    [InlineData("pairs.tsv", "query\tanswer\na\tb\nc\td, e\n")]
    [InlineData("pairs.jsonl", "{\"sentence1\": \"a\", \"sentence2\": \"b\"}\n{\"sentence1\": \"c\", \"sentence2\": \"d, e\"}\n")]
    [InlineData("named.csv", "left,right\na,b\nc,\"d, e\"\n")]
    [InlineData("half.csv", "left,id,query\nb,1,a\n\"d, e\",2,c\n", "left")]
    public void Pairs_are_read(string name, string text, string? second = null)
    {
        PairTable table = PairTable.Read(_folder.Write(name, text), new PairColumns(new TableOptions { Text2Column = second }));
        Assert.Equal([new("a", "b"), new("c", "d, e")], table.Pairs);
        Assert.Null(table.Scores);
        Assert.Contains(table.Notices, notice => notice.StartsWith("pairs are read from"));
    }

    [Fact]
    public void Triplets_and_scores_are_read()
    {
        PairTable triplets = PairTable.Read(_folder.Write("t.csv", "negative,anchor,positive\nn,a,p\n,b,q\n"));
        Assert.Equal([new("a", "p", "n")], triplets.Pairs);
        Assert.Contains(triplets.Notices, notice => notice.Contains("1 rows lack") && notice.Contains("line 3"));
        PairTable scored = PairTable.Read(_folder.Write("s.tsv", "index\tsentence1\tsentence2\tscore\n0\ta\tb\t4.5\n1\tc\td\t0\n"));
        Assert.Equal([4.5, 0], scored.Scores!);
        Assert.Equal([new("a", "b"), new("c", "d")], scored.Pairs);
    }

    [Fact]
    public void What_is_wrong_is_named()
    {
        Refusals.Of(() => PairTable.Read(_folder.Write("a.csv", "one\na\n")), "first text", "`TextColumn`", "'one'");
        Refusals.Of(() => PairTable.Read(_folder.Write("b.csv", "query,x,y\na,b,c\n")), "second text", "`Text2Column`");
        Refusals.Of(() => PairTable.Read(_folder.Write("c.csv", "premise,hypothesis,label\na,b,entailment\n")), "line 2", "entailment", "'label'");
        Refusals.Of(() => PairTable.Read(_folder.Write("d.csv", "a,b\n,\n")), "no row is usable");
        Refusals.Of(() => PairTable.Read(_folder.Write("e.csv", "a,b\nx,y\n"), new PairColumns(new TableOptions { TextColumn = "q" })), "no column 'q'");
        Refusals.Of(() => PairTable.Read(_folder.Write("f.csv", "a,b\nx,y\n"), new PairColumns(new TableOptions { TextColumn = "a", Text2Column = "a" })), "asked for twice");
        Refusals.Of(() => EmbeddingData.Read(new DataFiles(_folder.Write("g.csv", "a,b,score\nx,y,1\n"))), "scores are to evaluate on");
        Refusals.Of(() => EmbeddingData.Read(new DataFiles(Directory.CreateDirectory(_folder.At("none")).FullName)), "train.csv");
        Refusals.Of(() => EmbeddingData.ReadTests(_folder.At("none")), "corpus.jsonl");
    }

    [Fact]
    public void Folders_have_parts()
    {
        _folder.Write("data/train.csv", "a,b\nx,y\nz,w\n");
        _folder.Write("data/dev.tsv", "sentence1\tsentence2\tscore\nx\ty\t1\n");
        _folder.Write("data/test.jsonl", "{\"query\": \"x\", \"answer\": \"y\"}\n");
        EmbeddingData data = EmbeddingData.Read(new DataFiles(_folder.At("data")));
        Assert.Equal((2, "valid", "test"), (data.Train.Pairs.Count, data.Validation!.Split, data.Test!.Split));
        Assert.NotNull(data.Validation.Pairs!.Scores);
        Assert.Equal(["valid", "test"], EmbeddingData.ReadTests(_folder.At("data")).Select(t => t.Split));
        string whole = data.Fingerprint();
        _folder.Write("data/test.jsonl", "{\"query\": \"x\", \"answer\": \"z\"}\n");
        Assert.NotEqual(whole, EmbeddingData.Read(new DataFiles(_folder.At("data"))).Fingerprint());
        EmbeddingData parted = (data with { Validation = null }).WithValidation(0.5, 1);
        Assert.Equal((1, 1), (parted.Train.Pairs.Count, parted.Validation!.Pairs!.Pairs.Count));
    }

    /// <summary>A text that stands in several pairs wants all its partners, and a partner stands once.</summary>
    [Fact]
    public void Pairs_are_a_search()
    {
        RetrievalData data = RetrievalData.Of([new("a", "x", "n"), new("a", "y", "x"), new("b", "x", "m")]);
        Assert.Equal(["a", "b"], data.Queries);
        Assert.Equal(["x", "y", "n", "m"], data.Documents);
        Assert.Equal([0, 1], data.Wanted[0].Keys.Order());
        Assert.Equal([0], data.Wanted[1].Keys);
    }

    [Fact]
    public void Folders_of_BEIR_are_read()
    {
        WriteBeir();
        (string split, RetrievalData data) = Assert.Single(RetrievalReader.Read(_folder.Root));
        Assert.Equal("test", split);
        Assert.Equal(["what?"], data.Queries);
        Assert.Equal(["Title text one", "two"], data.Documents);
        Assert.Equal([(1, 2.0)], data.Wanted[0].Select(w => (w.Key, w.Value)));
        _folder.Write("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq1\td9\t1\n");
        Refusals.Of(() => RetrievalReader.Read(_folder.Root), "test.tsv", "line 2", "d9");
        _folder.Write("qrels/test.tsv", "q1\td1\t0\n");
        Refusals.Of(() => RetrievalReader.Read(_folder.Root), "nothing is wanted");
    }

    [Theory]
    [InlineData("corpus.jsonl")]
    [InlineData("queries.jsonl")]
    [InlineData("qrels/test.tsv")]
    public void Damaged_folders_are_read_or_refused(string name)
    {
        WriteBeir();
        Fuzz.ReadsOrRefuses(File.ReadAllBytes(_folder.At(name.Split('/'))), bytes =>
        {
            _folder.Write(name, bytes);
            RetrievalReader.Read(_folder.Root);
        }, cases: 100);
    }

    [Fact]
    public void Damaged_tables_are_read_or_refused() => Fuzz.ReadsOrRefuses("anchor,positive,negative\na,\"b\nc\",d\ne,f,g\n", bytes => PairTable.Read(_folder.Write("damaged.csv", bytes)), cases: 100);

    private void WriteBeir()
    {
        _folder.Write("corpus.jsonl", "{\"_id\": \"d1\", \"title\": \"Title\", \"text\": \"text one\", \"metadata\": {}}\n{\"_id\": \"d2\", \"title\": \"\", \"text\": \"two\"}\n");
        _folder.Write("queries.jsonl", "{\"_id\": \"q0\", \"text\": \"unjudged\"}\n{\"_id\": \"q1\", \"text\": \"what?\"}\n");
        _folder.Write("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq1\td2\t2\nq1\td1\t0\n");
    }
}
