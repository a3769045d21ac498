using System.IO.Compression;
using System.Text;
using Parquet.Serialization;
using Xunit;

namespace BareBert.Tests;

/// <summary>One table in every format that is read.</summary>
public sealed class TableFormatTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("a.csv", "text,label\n\"a, b\",1\nc,0\n")]
    [InlineData("a.csv", "text;label\n\"a, b\";1\nc;0\n")]
    [InlineData("a.csv", "text|label\na, b|1\nc|0\n")]
    [InlineData("a.tsv", "text\tlabel\na, b\t1\nc\t0\n")]
    [InlineData("a.txt", "text;label\r\na, b;1\r\nc;0\r\n")]
    [InlineData("a.jsonl", "{\"text\": \"a, b\", \"label\": 1}\n{\"text\": \"c\", \"label\": 0}\n")]
    [InlineData("a.json", " [ {\"text\": \"a, b\", \"label\": 1},\n {\"label\": 0, \"text\": \"c\"} ]")]
    public void The_same_rows_in_every_format(string name, string content)
    {
        Same(TableDataset.Read(_folder.Write(name, content)));
        Same(TableDataset.Read(_folder.Write(name + ".gz", Packed(Encoding.UTF8.GetBytes(content)))));
    }

    [Fact]
    public async Task Parquet_is_read()
    {
        string path = _folder.Write("a.parquet", await Parquet(("a, b", 1, ["x", "y"]), ("c", 0, [])));
        Same(TableDataset.Read(path, new TableOptions { LabelColumn = "label" }));
        ClassificationDataset lists = TableDataset.Read(path, new TableOptions { LabelColumn = "tags" });
        Assert.Equal((ProblemType.MultiLabel, "x y"), (lists.ProblemType, string.Join(' ', lists.LabelNames)));
        Assert.Equal([[1f, 1f], [0f, 0f]], lists.Examples.Select(e => e.Targets!.ToArray()));
        TableRow row = Table.Open(path, new TableOptions()).Rows.First();
        Assert.Equal([false, true, true], Enumerable.Range(0, 3).Select(row.IsJson));
    }

    [Fact]
    public void A_separator_that_is_guessed_is_said_and_one_that_is_given_is_taken()
    {
        Assert.Contains(TableDataset.Read(_folder.Write("a.csv", "text;label\na;1\nb;0\n")).Notices, n => n.Contains("parted by semicolons"));
        Same(TableDataset.Read(_folder.Write("b.csv", "text~label\na, b~1\nc~0\n"), new TableOptions { Separator = "~" }));
        Same(TableDataset.Read(_folder.Write("c.csv", "text\tlabel\na, b\t1\nc\t0\n"), new TableOptions { Separator = "tab" }));
        Refusals.Of(() => TableDataset.Read(_folder.At("b.csv"), new TableOptions { Separator = "||" }), "'||' parts no cells");
    }

    [Theory]
    [InlineData("a.tsv", "sentence\tlabel\n\"the cat sat\t1\nbad film\"\t0\nthe dog\t1\n")]
    [InlineData("a.csv", "sentence,label\n\"the cat sat,1\nbad film\",0\nthe dog,1\n")]
    public void Quotes_that_are_no_bounds_of_cells_are_text(string name, string content)
    {
        string path = _folder.Write(name, content);
        ClassificationDataset guessed = TableDataset.Read(path), told = TableDataset.Read(path, new TableOptions { Quote = Quoting.None });
        Assert.Equal(["\"the cat sat", "bad film\"", "the dog"], guessed.Examples.Select(e => e.Text));
        Assert.Equal(guessed.Examples, told.Examples);
        Assert.Contains(guessed.Notices, n => n.Contains("quotes are taken as text"));
        Assert.DoesNotContain(told.Notices, n => n.Contains("quotes"));
        char separator = name.EndsWith(".tsv", StringComparison.Ordinal) ? '\t' : ',';
        Assert.Equal($"the cat sat{separator}1\nbad film", TableDataset.Read(path, new TableOptions { Quote = Quoting.Double }).Examples[0].Text);
    }

    [Fact]
    public void A_file_without_a_header_is_hinted_at()
    {
        string path = _folder.Write("a.csv", "the cat,1\nbad film,0\nthe dog,1\n");
        Refusals.Of(() => TableDataset.Read(path), "NoHeader");
        ClassificationDataset data = TableDataset.Read(path, new TableOptions { NoHeader = true, TextColumn = "1", LabelColumn = "2" });
        Assert.Equal(["the cat", "bad film", "the dog"], data.Examples.Select(e => e.Text));
        Assert.Contains(TableDataset.Read(_folder.Write("b.csv", "text,1\nbad film,0\nthe dog,1\n")).Notices, n => n.Contains("the first row may be data"));
    }

    [Fact]
    public void Damaged_files_are_named()
    {
        byte[] packed = Packed(Encoding.UTF8.GetBytes("text,label\n" + string.Concat(Enumerable.Range(0, 5000).Select(i => $"row {i * 7919},{i % 2}\n"))));
        Refusals.Of(() => TableDataset.Read(_folder.Write("cut.csv.gz", packed[..(packed.Length / 2)])), "cut.csv.gz");
        Refusals.Of(() => TableDataset.Read(_folder.Write("a.parquet", "no parquet")), "not a Parquet file", "does not end as one");
        Refusals.Of(() => TableDataset.Read(_folder.Write("a.parquet.gz", Packed([1, 2, 3]))), "a Parquet file is packed in itself");
        Refusals.Of(() => TableDataset.Read(_folder.Write("a.json", "[{\"text\": \"a\", \"label\": 1}")), "not JSON");
        Refusals.Of(() => TableDataset.Read(_folder.Write("b.json", "[]")), "no rows");
        Refusals.Of(() => TableDataset.Read(_folder.Write("c.csv", Encoding.Unicode.GetBytes("text,label\na,1\n"))), "NUL bytes");
    }

    // The library reads bytes of 255 behind the end, which in a number say that more is to come, and pages of no length for ever.
    [Fact]
    public async Task Damaged_parquet_comes_to_an_end()
    {
        byte[] endless = [.. "PAR1"u8, 0x15, 0xFF, 0xFF, 0xFF, 4, 0, 0, 0, .. "PAR1"u8];
        Refusals.Of(() => TableDataset.Read(_folder.Write("a.parquet", endless)), "not a Parquet file that can be read", "its footer does not end");
        byte[] good = await Parquet(("a", 1, ["x"]), ("b", 0, []));
        foreach (int length in new[] { -1, int.MaxValue, good.Length })
        {
            BitConverter.TryWriteBytes(good.AsSpan(good.Length - 8), length);
            Refusals.Of(() => TableDataset.Read(_folder.Write("b.parquet", good)), "its footer is longer than the file");
        }
        Refusals.Of(() => TableDataset.Read(_folder.Write("c.parquet", "PAR1"u8.ToArray())), "it is too short");
    }

    [Fact]
    public async Task Any_bytes_are_read_or_refused()
    {
        Fuzz.ReadsOrRefuses("[{\"text\": \"a\", \"label\": [1, 2]}, {\"text\": \"b\", \"label\": []}]", bytes => TableDataset.Read(_folder.Write("f.json", bytes)));
        Fuzz.ReadsOrRefuses(Packed("text;label\na;1\nb;0\n"u8.ToArray()), bytes => TableDataset.Read(_folder.Write("f.csv.gz", bytes)));
        Fuzz.ReadsOrRefuses(await Parquet(("a", 1, ["x"]), ("b", 0, [])), bytes => TableDataset.Read(_folder.Write("f.parquet", bytes), new TableOptions { LabelColumn = "label" }), 200);
        Fuzz.ReadsOrRefuses("text,tags\na,x|y\nb,\nc,\"['p', 'q']\"\n", bytes => TableDataset.Read(_folder.Write("m.csv", bytes), new TableOptions { ProblemType = ProblemType.MultiLabel, LabelColumn = "tags" }));
        Fuzz.ReadsOrRefuses("text,score\na,0.5\nb,-1e3\n", bytes => TableDataset.Read(_folder.Write("r.csv", bytes)));
    }

    private static void Same(ClassificationDataset data)
    {
        Assert.Equal([("a, b", 1), ("c", 0)], data.Examples.Select(e => (e.Text, e.Label)));
        Assert.Equal(["0", "1"], data.LabelNames);
    }

    private static byte[] Packed(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
            gzip.Write(content);
        return packed.ToArray();
    }

    private static async Task<byte[]> Parquet(params (string Text, int Label, string[] Tags)[] rows)
    {
        using var file = new MemoryStream();
        await ParquetSerializer.SerializeAsync([.. rows.Select(row => new Row { text = row.Text, label = row.Label, tags = [.. row.Tags] })], file);
        return file.ToArray();
    }

    // Its properties are the columns.
    private sealed class Row
    {
        public string text { get; set; } = "";

        public int label { get; set; }

        public List<string> tags { get; set; } = [];
    }
}
