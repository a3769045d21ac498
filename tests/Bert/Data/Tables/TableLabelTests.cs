using Xunit;

namespace BareBert.Tests;

/// <summary>What the labels of a table are taken to mean.</summary>
public sealed class TableLabelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("a.jsonl", "{\"text\": \"a\", \"labels\": [\"x\", \"z\"]}\n{\"text\": \"b\", \"labels\": []}\n{\"text\": \"c\", \"labels\": [\"y\"]}\n")]
    [InlineData("a.csv", "text,labels\na,x|z\nb,\nc,y\n")]
    [InlineData("a.csv", "text,labels\na,x; z\nb,\nc,y\n")]
    [InlineData("a.csv", "text,labels\na,\"x,z\"\nb,\nc,y\n")]
    [InlineData("a.csv", "text,labels\na,\"['x', 'z']\"\nb,[]\nc,['y']\n")]
    [InlineData("a.csv", "text,x,y,z\na,1,0,1\nb,0,0,0\nc,0,1,\n")]
    [InlineData("a.csv", "text,x,y,z\na,True,False,True\nb,False,False,False\nc,0,1.0,0\n")]
    public void Each_of_several_labels_holds_or_not(string name, string content)
    {
        bool isOneColumn = content.Contains("labels", StringComparison.Ordinal);
        ClassificationDataset data = Read(name, content, new TableOptions { ProblemType = isOneColumn ? ProblemType.MultiLabel : null, LabelColumn = isOneColumn ? null : "x,y,z" });
        Assert.Equal(ProblemType.MultiLabel, data.ProblemType);
        Assert.Equal(["x", "y", "z"], data.LabelNames);
        Assert.Equal([[1f, 0f, 1f], [0f, 0f, 0f], [0f, 1f, 0f]], data.Examples.Select(e => e.Targets!.ToArray()));
        Assert.Equal([1, 1, 1], data.Balance.Counts);
    }

    [Fact]
    public void Lists_of_flags_are_told_from_lists_of_numbers_of_labels()
    {
        ClassificationDataset flags = Read("a.jsonl", "{\"text\": \"a\", \"labels\": [1, 0, 1]}\n{\"text\": \"b\", \"labels\": [0, 0, 0]}\n");
        Assert.Equal(["LABEL_0", "LABEL_1", "LABEL_2"], flags.LabelNames);
        Assert.Equal([1f, 0f, 1f], flags.Examples[0].Targets!);
        ClassificationDataset numbers = Read("b.jsonl", "{\"text\": \"a\", \"labels\": [2, 7]}\n{\"text\": \"b\", \"labels\": [10]}\n");
        Assert.Equal(["2", "7", "10"], numbers.LabelNames);
        Assert.Equal([1f, 1f, 0f], numbers.Examples[0].Targets!);
        Assert.Equal([0f, 0f, 0f], Read("c.jsonl", "{\"text\": \"a\", \"labels\": []}\n{\"text\": \"b\", \"labels\": [1]}\n", new TableOptions { ProblemType = ProblemType.MultiLabel, LabelNames = ["p", "q", "r"] }).Examples[0].Targets!);
    }

    [Fact]
    public void Numbers_with_fractions_are_learned_as_numbers()
    {
        ClassificationDataset data = Read("a.tsv", "sentence1\tsentence2\tscore\na\tb\t5.000\nc\td\t3.8\n");
        Assert.Equal((ProblemType.Regression, "score"), (data.ProblemType, data.LabelNames.Single()));
        Assert.Equal([5f, 3.8f], data.Examples.Select(e => e.Targets![0]));
        Assert.Contains(data.Notices, n => n.Contains("numbers with fractions"));
        Assert.Equal(ProblemType.SingleLabel, Read("a.tsv", "text\tlabel\na\t5.0\nc\t3.8\n", new TableOptions { ProblemType = ProblemType.SingleLabel }).ProblemType);
        Assert.Equal(ProblemType.SingleLabel, Read("a.tsv", "text\tlabel\na\t5\nc\t3\n").ProblemType);
        Assert.Equal(5f, Read("a.tsv", "text\tlabel\na\t5\nc\t3\n", new TableOptions { ProblemType = ProblemType.Regression }).Examples[0].Targets![0]);
        Refusals.Of(() => Read("a.tsv", "text\tlabel\na\t5\nc\tgood\n", new TableOptions { ProblemType = ProblemType.Regression }), "not a number", "line 3", "'good'");
        Refusals.Of(() => Read("a.tsv", "text\tlabel\na\t0.5\nb\t1.5\nc\tN/A\nd\t2.5\n"), "1 of 4 rows", "'N/A' in line 4", "`ProblemType` single_label_classification");
        Assert.Equal(4, Read("a.tsv", "text\tlabel\na\t0.5\nb\t1.5\nc\tN/A\nd\t2.5\n", new TableOptions { ProblemType = ProblemType.SingleLabel }).Classes);
        Assert.Equal(3, Read("a.tsv", "text\tlabel\na\t3.5\nb\tlatest\nc\tnightly\n").Classes);
        Assert.DoesNotContain(Read("a.tsv", "text\tv\ta\nx\t0\t2\n", new TableOptions { LabelColumn = "v,a" }).Notices, n => n.Contains("fractions"));
        Assert.Equal([[0.5f, 2f]], Read("a.tsv", "text\tv\ta\nx\t0.5\t2\n", new TableOptions { LabelColumn = "v, a" }).Examples.Select(e => e.Targets!.ToArray()));
    }

    /// <summary>What parts labels says that there are several.</summary>
    [Fact]
    public void A_separator_of_labels_is_heeded_or_refused()
    {
        ClassificationDataset data = Read("a.csv", "text,labels\na,x|y\nb,\nc,y\n", new TableOptions { LabelSeparator = "|" });
        Assert.Equal((ProblemType.MultiLabel, "x y", 3), (data.ProblemType, string.Join(' ', data.LabelNames), data.Examples.Count));
        Refusals.Of(() => Read("a.csv", "text,label\na,x\nb,y\n", new TableOptions { LabelSeparator = "|", ProblemType = ProblemType.SingleLabel }), "`LabelSeparator` is for several labels");
        Refusals.Of(() => Read("a.csv", "text,x,y\na,1,0\nb,0,1\n", new TableOptions { LabelSeparator = "|", LabelColumn = "x,y" }), "`LabelSeparator`", "a column for each");
    }

    /// <summary>Of parts in several formats those heed it that can.</summary>
    [Fact]
    public void What_only_CSV_can_heed_is_refused_for_other_files()
    {
        const string lines = "{\"text\": \"a\", \"label\": \"x\"}\n{\"text\": \"b\", \"label\": \"y\"}\n";
        Refusals.Of(() => Read("a.jsonl", lines, new TableOptions { Separator = ";" }), "`Separator` is for CSV and TSV", "a.jsonl");
        Refusals.Of(() => Read("a.jsonl", lines, new TableOptions { NoHeader = true }), "`NoHeader`");
        Refusals.Of(() => Read("a.jsonl", lines, new TableOptions { Quote = Quoting.Double }), "`Quote`");
        string train = _folder.Write("t.csv", "text;label\na;x\nb;y\n"), other = _folder.Write("v.jsonl", lines);
        Assert.Equal(2, ClassificationData.Read(new DataFiles(train, other), new TableOptions { Separator = ";" }).Validation!.Examples.Count);
        Assert.Equal(2, ClassificationData.Read(new DataFiles(other, train), new TableOptions { Separator = ";" }).Validation!.Examples.Count);
        _folder.Write("mixed/train.jsonl", lines);
        _folder.Write("mixed/valid.csv", "text;label\na;x\nb;y\n");
        Assert.Equal(2, ClassificationData.Read(_folder.At("mixed"), new TableOptions { Separator = ";" }).Validation!.Examples.Count);
        // A run of an older version, which did not heed it, goes on.
        Assert.Equal(2, ClassificationData.Read(other, new TableOptions { Separator = ";", LabelSeparator = "|", IsResumed = true }).Train.Classes);
    }

    [Fact]
    public void Parts_have_the_columns_and_labels_of_the_training_part()
    {
        _folder.Write("d/train.csv", "id,sentence,text,label\n1,a,A,x\n2,b,B,y\n");
        _folder.Write("d/val.csv", "text,sentence,label,id\nC,c,y,3\n");
        _folder.Write("d/test.tsv", "id\tsentence\ttext\n4\td\tD\n");
        ClassificationSplits splits = ClassificationData.Read(_folder.At("d"), new TableOptions { TextColumn = "sentence" });
        Assert.Equal(new ClassificationExample("c", null, 1), splits.Validation!.Examples.Single());
        Assert.Null(splits.Test);
        Assert.Contains(splits.Notices, n => n.Contains("no labels"));
        ClassificationSplits files = ClassificationData.Read(new DataFiles(_folder.At("d/train.csv"), Test: _folder.At("d/val.csv")), new TableOptions { TextColumn = "sentence" });
        Assert.Equal((1, (object?)null), (files.Test!.Labels.Single(), files.Validation));
        Refusals.Of(() => ClassificationData.Read(new DataFiles(_folder.At("d/train.csv"), _folder.At("d/test.tsv"))), "no column 'label'");
    }

    [Theory]
    [InlineData("dev.jsonl")]
    [InlineData("valid.jsonl.gz")]
    [InlineData("validation-00000-of-00001.jsonl")]
    public void Parts_have_many_names(string name)
    {
        _folder.Write("n/train-00000-of-00002.jsonl", "{\"text\": \"a\", \"label\": \"x\"}\n");
        _folder.Write("n/train-00001-of-00002.jsonl", "{\"text\": \"b\", \"label\": \"y\"}\n");
        _folder.Write("n/" + name, "{\"text\": \"c\", \"label\": \"y\"}\n");
        _folder.Write("n/test.jsonl", "{\"text\": \"c\", \"label\": -1}\n");
        ClassificationSplits splits = ClassificationData.Read(_folder.At("n"));
        Assert.Equal((2, 1, (object?)null), (splits.Train.Examples.Count, splits.Validation!.Examples.Count, splits.Test));
    }

    [Fact]
    public void Rare_labels_keep_their_share_where_rows_are_drawn()
    {
        string rows = string.Concat(Enumerable.Range(0, 100).Select(i => $"t{i},{(i % 10 == 0 ? "rare|often" : i % 2 == 0 ? "often" : "")}\n"));
        ClassificationDataset data = Read("s.csv", "text,labels\n" + rows, new TableOptions { ProblemType = ProblemType.MultiLabel });
        (ClassificationDataset train, ClassificationDataset validation) = data.Split(0.2, 1);
        Assert.Equal((2, 8), (validation.Balance.Counts[data.LabelNames.ToList().IndexOf("rare")], train.Balance.Counts[data.LabelNames.ToList().IndexOf("rare")]));
    }

    private ClassificationDataset Read(string name, string text, TableOptions? options = null) => TableDataset.Read(_folder.Write(name, text), options);
}
