using System.Text;
using Xunit;

namespace BareBert.Tests;

public sealed class TableDatasetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ReadsCsvWithQuotesNewlinesAndAByteOrderMark()
    {
        var data = Read("a.csv", "\uFEFFtext,label\r\n\"two\nlines, one \"\"cell\"\"\",pos\r\nplain,neg\r\n");
        Assert.Equal(["two\nlines, one \"cell\"", "plain"], data.Examples.Select(e => e.Text));
        Assert.Equal(["neg", "pos"], data.LabelNames);
        Assert.Equal([1, 0], data.Labels);
        Assert.Contains(data.Notices, n => n.Contains("text is read from 'text'") && n.Contains("the label from 'label'"));
    }

    [Fact]
    public void TakesTheColumnsThatWereAskedForAndGuessesPairs()
    {
        string csv = "id,premise,hypothesis,gold_label,note\n1,it rains,it is wet,yes,x\n2,it rains,it is dry,no,y\n";
        var guessed = Read("a.csv", csv);
        Assert.Equal(new ClassificationExample("it rains", "it is wet", 1), guessed.Examples[0]);
        Assert.True(guessed.IsPair);
        var asked = Read("a.csv", csv, new TableOptions { TextColumn = "Hypothesis", LabelColumn = "id" });
        Assert.Equal(new ClassificationExample("it is wet", null, 0), asked.Examples[0]);
        Assert.Empty(asked.Notices);
        Assert.Contains("no column 'nope'", Error("a.csv", csv, new TableOptions { TextColumn = "nope" }));
        Assert.Contains("asked for twice", Error("a.csv", csv, new TableOptions { TextColumn = "note", LabelColumn = "note" }));
    }

    [Fact]
    public void TheOtherOfTwoColumnsIsGuessed() =>
        Assert.Equal("hello", Read("a.csv", "utterance,label\nhello,0\nbye,1\n").Examples[0].Text);

    [Fact]
    public void RefusesColumnsThatAreDoubtful()
    {
        Assert.Contains("stands 2 times", Error("a.csv", "text,text,label\na,b,1\n"));
        Assert.Contains("no column is obviously the text", Error("a.csv", "foo,bar,label\na,b,1\n"));
        Assert.Contains("no column is obviously the label", Error("a.csv", "text,foo,bar\na,b,1\n"));
        Assert.Equal(2, Read("a.csv", "note,note,text,label\n1,2,a,0\n1,2,b,1\n").Examples.Count); // a double that is not used does no harm
    }

    [Fact]
    public void SkipsAndCountsRowsThatCannotBeUsed()
    {
        var data = Read("a.csv", "text,label\ngood,1\nno label,\n,0\ntoo,many,cells\nfew\nbad,0\n");
        Assert.Equal(["good", "", "bad"], data.Examples.Select(e => e.Text));
        Assert.Contains(data.Notices, n => n.StartsWith("2 rows with more or fewer than 2 columns were skipped") && n.EndsWith("the first at line 5"));
        Assert.Contains(data.Notices, n => n.StartsWith("1 rows without a label were skipped") && n.EndsWith("line 3"));
        Assert.Contains(data.Notices, n => n.StartsWith("1 texts are empty"));
    }

    [Fact]
    public void AnUnclosedQuoteIsAnErrorWithItsLine() => Assert.Contains("line 3", Error("a.csv", "text,label\na,1\n\"b,0\nc,1\nd,0\n"));

    [Fact]
    public void AStrayQuoteIsTextAndIsReported()
    {
        var data = Read("a.csv", "text,label\n5\" screen,1\nok,0\n");
        Assert.Equal("5\" screen", data.Examples[0].Text);
        Assert.Contains(data.Notices, n => n.Contains("quote in the middle"));
    }

    [Fact]
    public void TabSeparatedFilesAreReadWithOrWithoutQuoting()
    {
        Assert.Equal("\"Wow\" said", Read("a.tsv", "sentence\tlabel\n\"Wow\" said\t1\n\"open\t0\nend\t1\n").Examples[0].Text);
        Assert.Equal("two\nlines", Read("b.tsv", "sentence\tlabel\n\"two\nlines\"\t1\nx\t0\n").Examples[0].Text);
        Assert.Equal("a", Read("c.tsv", "1\ta\n0\tb\n", new TableOptions { NoHeader = true, TextColumn = "2", LabelColumn = "1" }).Examples[0].Text);
    }

    [Fact]
    public void ReadsJsonLines()
    {
        var data = Read("a.jsonl", "\uFEFF{\"text\": \"caf\\u00e9\", \"label\": 10}\n\n{\"label\": 2, \"text\": \"b\"}\r\n{\"label\": null, \"text\": \"c\"}\n{\"label\": 2}\n");
        Assert.Equal(["2", "10"], data.LabelNames);
        Assert.Equal([new ClassificationExample("café", null, 1), new ClassificationExample("b", null, 0)], data.Examples);
        Assert.Equal(2, data.Notices.Count(n => n.Contains("skipped")));
        Assert.Contains("line 2", Error("a.jsonl", "{\"text\": \"a\", \"label\": 1}\n{\"text\": \"a\", \"label\": NaN}\n"));
        Assert.Contains("stands twice", Error("a.jsonl", "{\"text\": \"a\", \"text\": \"b\", \"label\": 1}"));
        Assert.Contains("a list or an object", Error("a.jsonl", "{\"text\": [\"a\"], \"label\": 1}"));
        Assert.Contains("not a JSON object", Error("a.jsonl", "[1]"));
        Assert.Contains("not a JSON object", Error("a.jsonl", "1"));
        Assert.Contains("Unicode", Error("a.jsonl", "{\"text\": \"\\ud800\", \"label\": 1}"));
    }

    [Fact]
    public void EvaluationDataUseTheModelsLabels()
    {
        var names = new TableOptions { LabelNames = ["negative", "positive"] };
        Assert.Equal([1, 0], Read("a.csv", "text,label\na,positive\nb,negative\n", names).Labels);
        var byIndex = Read("a.csv", "text,label\na,1\nb,1\n", names);
        Assert.Equal([1, 1], byIndex.Labels);
        Assert.Contains(byIndex.Notices, n => n.Contains("taken as indices"));
        Assert.Contains("the label 'great' is not one of 'negative, positive'", Error("a.csv", "text,label\na,positive\nb,great\n", names));
        Assert.Contains("the label '2'", Error("a.csv", "text,label\na,2\n", names));
    }

    [Fact]
    public void ADataSetTakesOnTheClassesOfAModel()
    {
        var data = Read("a.csv", "text,label\na,neg\nb,pos\n");
        Assert.Equal([2, 0], data.WithLabels(["pos", "other", "neg"], "a.csv").Labels);
        var byIndex = data.WithLabels(["LABEL_0", "LABEL_1"], "a.csv");
        Assert.Equal([0, 1], byIndex.Labels);
        Assert.Contains("neg as LABEL_0, pos as LABEL_1", byIndex.Notices[^1]);
        Assert.Contains("'neg' is not one of 'pos, other'", Assert.Throws<InputException>(() => data.WithLabels(["pos", "other"], "a.csv")).Message);
    }

    [Fact]
    public void OneClassOrNothingCannotBeTrainedOn()
    {
        var one = Read("a.csv", "text,label\na,x\nb,x\n");
        Assert.Contains("every example is of one class, 'x'", Assert.Throws<InputException>(() => one.RequireTrainable("a.csv")).Message);
        Assert.Contains("no row is usable", Error("a.csv", "text,label\n"));
        Assert.Contains("no rows", Error("a.csv", ""));
        Assert.Contains("extension '.xlsx'", Error("a.xlsx", "x"));
        Assert.Contains("no such file", Assert.Throws<InputException>(() => TableDataset.Read(_folder.At("none.csv"))).Message);
    }

    [Fact]
    public void SaysThatTheFileIsNotUtf8()
    {
        string path = _folder.Write("l1.csv", Encoding.Latin1.GetBytes("text,label\ncafé,1\nb,0\n"));
        Assert.Contains(TableDataset.Read(path).Notices, n => n.Contains("UTF-8"));
    }

    [Fact]
    public void AFolderOfTablesSharesTheLabelsOfItsTrainingTable()
    {
        _folder.Write("d/train.csv", "text,label\na,x\nb,y\n");
        _folder.Write("d/dev.tsv", "text\tlabel\nc\ty\n");
        var splits = ClassificationData.Read(_folder.At("d"));
        Assert.Equal([1], splits.Validation!.Labels);
        Assert.Null(splits.Test);
        Assert.Contains("no data set that is known", Assert.Throws<InputException>(() => ClassificationData.Read(_folder.Root)).Message);
    }

    [Theory]
    [InlineData("f.csv", "text,label\r\n\"a\nb\",1\r\nc,0\r\n\"d \"\"e\"\"\",1\r\n")]
    [InlineData("f.tsv", "text\tlabel\na\t1\nb\t0\n")]
    [InlineData("f.jsonl", "{\"text\": \"a\", \"label\": 1}\n{\"text\": \"b\", \"label\": \"x\"}\n")]
    public void AnyBytesAreReadOrRefused(string name, string good) =>
        Fuzz.ReadsOrRefuses(good, bytes => TableDataset.Read(_folder.Write(name, bytes)));

    private ClassificationDataset Read(string name, string text, TableOptions? options = null) => TableDataset.Read(_folder.Write(name, text), options);

    private string Error(string name, string text, TableOptions? options = null) =>
        Assert.Throws<InputException>(() => Read(name, text, options)).Message;
}
