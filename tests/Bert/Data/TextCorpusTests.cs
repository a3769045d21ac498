using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BareBert.Tests;

public class TextCorpusTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private static string Articles(int count, string name = "Title") =>
        string.Concat(Enumerable.Range(0, count).Select(i => $" = {name} {i} = \n \n The first of {i} . The second . \n \n"));

    [Theory]
    [InlineData("wiki.{0}.raw")]
    [InlineData("wiki.{0}.tokens")]
    [InlineData("{0}.txt")]
    public void Finds_the_usual_names(string scheme)
    {
        foreach (var (split, count) in new[] { ("train", 5), ("valid", 3), ("test", 2) })
            _directory.Write(string.Format(scheme, split), Articles(count));
        Corpus corpus = CorpusSource.Open(_directory.Path).Read();
        Assert.Equal((5, 3, 2), (corpus.Train.Count, corpus.Valid.Count, corpus.Test.Count));
        Assert.Empty(corpus.Notices);
        Assert.Equal(["The first of 0.", "The second."], corpus[Split.Test][0].Sentences);
    }

    /// <summary>Rows of a column called text are documents, whatever else they hold.</summary>
    [Theory]
    [InlineData("jsonl", "{\"id\": 1, \"text\": \"caf\\u00e9 one.\\nLine two.\"}\n{\"text\": \"Another. \\\"It\\\" goes on.\"}\n")]
    [InlineData("csv", "id,text\n1,\"caf\u00e9 one.\nLine two.\"\n2,\"Another. \"\"It\"\" goes on.\"\n")]
    [InlineData("tsv", "text\tid\n\"caf\u00e9 one.\nLine two.\"\t1\n\"Another. \"\"It\"\" goes on.\"\t2\n")]
    public void Tables_are_read_by_their_column_of_texts(string extension, string content)
    {
        foreach (string split in new[] { "train", "valid", "test" })
            _directory.Write($"{split}.{extension}", content);
        Corpus corpus = CorpusSource.Open(_directory.Path).Read();
        Assert.Equal((2, 2, 2), (corpus.Train.Count, corpus.Valid.Count, corpus.Test.Count));
        Assert.Equal(["caf\u00e9 one.", "Line two."], corpus.Train[0].Sentences);
        Assert.Equal("Another.", corpus.Train[1].Sentences[0]);
        Refusals.Of(() => CorpusSource.Open(_directory.Write($"other.{extension}", content.Replace("text", "words"))).Read(), "no column is called text", "words");
        string latin = Path.Combine(_directory.Path, $"latin.{extension}");
        File.WriteAllBytes(latin, Encoding.Latin1.GetBytes(content.Replace("\\u00e9", "\u00e9")));
        Refusals.Of(() => CorpusSource.Open(latin).Read(), "not UTF-8");
    }

    [Fact]
    public void Says_which_splits_are_missing()
    {
        _directory.Write("wiki.valid.raw", Articles(3));
        Corpus corpus = CorpusSource.Open(_directory.Path).Read();
        Assert.Empty(corpus.Train);
        Assert.Equal(3, corpus.Valid.Count);
        Assert.Contains("no train and no test split", Assert.Single(corpus.Notices));
    }

    [Fact]
    public void Divides_files_without_splits_by_document_always_alike()
    {
        string file = _directory.Write("book.txt", string.Concat(Enumerable.Range(0, 100).Select(i => $"Page {i}. It goes on.\n\n")));
        Corpus first = CorpusSource.Open(file).Read(), second = CorpusSource.Open(file).Read();
        Assert.Equal((90, 5, 5), (first.Train.Count, first.Valid.Count, first.Test.Count));
        Assert.Contains("90 documents train, 5 validate, 5 test", Assert.Single(first.Notices));
        foreach (Split split in Enum.GetValues<Split>())
            Assert.Equal(first.Sentences(split), second.Sentences(split));
        Assert.Equal(100, Enum.GetValues<Split>().SelectMany(first.Sentences).Where(s => s.StartsWith("Page")).Distinct().Count());
    }

    [Fact]
    public void Several_files_and_a_directory_of_texts_are_one_corpus()
    {
        string[] files = [.. Enumerable.Range(0, 8).Select(i => _directory.Write($"part{i}.txt", $"File {i}. It goes on."))];
        Assert.Equal(4, CorpusSource.Open(files).Read().Train.Count);
        Assert.Equal(4, CorpusSource.Open(_directory.Path).Read().Train.Count);
    }

    [Theory]
    [InlineData("", "the corpus is empty")]
    [InlineData(" \n\n \n", "the corpus is empty")]
    [InlineData("Only one sentence here.", "only one sentence")]
    [InlineData("One document. Of two sentences.", "only one document")]
    [InlineData("One. Two.\n\nThree. Four.", "only 2 documents")]
    [InlineData("Text with a \0 in it.", "not a text file")]
    public void Refuses_what_is_no_corpus(string text, string reason)
    {
        string file = _directory.Write("corpus.txt", text);
        var error = Assert.Throws<InputException>(() => CorpusSource.Open(file).Read());
        Assert.Contains(reason, error.Message);
        Assert.Contains(file, error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Refuses_an_empty_split()
    {
        _directory.Write("train.txt", Articles(3));
        _directory.Write("valid.txt", "\n");
        Assert.Contains("empty", Assert.Throws<InputException>(() => CorpusSource.Open(_directory.Path).Read()).Message);
    }

    [Fact]
    public void Refuses_missing_paths_and_directories_without_text()
    {
        string missing = Path.Combine(_directory.Path, "missing");
        Assert.Contains("no such file or directory", Assert.Throws<InputException>(() => CorpusSource.Open(missing)).Message);
        Assert.Contains("no corpus in this directory", Assert.Throws<InputException>(() => CorpusSource.Open(_directory.Path)).Message);
        string file = _directory.Write("a.md", "Text.");
        Assert.Contains("a directory among files", Assert.Throws<InputException>(() => CorpusSource.Open(file, _directory.Path)).Message);
        Assert.Throws<InputException>(() => CorpusSource.Open());
    }

    [Fact]
    public void Replaces_counts_and_reports_what_is_not_utf8()
    {
        byte[] text = [.. Encoding.UTF8.Preamble, .. Encoding.Latin1.GetBytes(Articles(8, "Caf\u00e9")), 0xC3];
        string file = _directory.Write("latin.txt", text);
        Corpus corpus = CorpusSource.Open(file).Read();
        Assert.Contains("9 malformed UTF-8 sequences were replaced", corpus.Notices[0]);
        Assert.Equal(9, TextFile.Read(file).Text.Count(c => c == '\uFFFD'));
        Assert.DoesNotContain('\uFEFF', TextFile.Read(file).Text);
    }

    [Fact]
    public void Any_bytes_give_documents_or_a_one_line_reason()
    {
        byte[] whole = Encoding.UTF8.GetBytes(Articles(8, "Ünïcode 中文") + "Plain. Text! “Quoted.” \n\n");
        Prop.ForAll(Damage.To(whole), bytes =>
        {
            string file = _directory.Write("damaged.txt", bytes);
            try
            {
                Corpus corpus = CorpusSource.Open(file).Read();
                int replaced = TextFile.Read(file).Text.Count(c => c == '\uFFFD');
                return corpus.Train.All(d => d.Sentences.Count > 0 && d.Sentences.All(s => s.Trim().Length > 0))
                    && (replaced == 0 || corpus.Notices[0].StartsWith($"{replaced} malformed"));
            }
            catch (InputException e)
            {
                return !e.Message.Contains('\n');
            }
        }).HoldsFor();
    }

    [Fact]
    public void The_fingerprint_follows_the_contents()
    {
        string file = _directory.Write("a.txt", "One. Two.");
        string before = CorpusSource.Open(file).Fingerprint();
        Assert.Equal(before, CorpusSource.Open(file).Fingerprint());
        _directory.Write("a.txt", "One. Too.");
        Assert.NotEqual(before, CorpusSource.Open(file).Fingerprint());
    }

    [Theory]
    [InlineData("train.txt", false)]
    [InlineData("train.txt", true)]
    [InlineData("corpus.txt", false)]
    public void Says_how_far_it_has_come(string name, bool isPacked)
    {
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 20_000).Select(i => $"Document {i} says something.\n\n")));
        string path = Path.Combine(_directory.Path, isPacked ? name + ".gz" : name);
        using (Stream file = isPacked ? new System.IO.Compression.GZipStream(File.Create(path), System.IO.Compression.CompressionLevel.Fastest) : File.Create(path))
            file.Write(text);
        CorpusSource corpus = CorpusSource.Open(name == "train.txt" ? _directory.Path : path);
        var told = new List<(long Done, long Total)>();
        corpus.Watch = (done, total) => told.Add((done, total));
        foreach (Action read in new Action[] { () => corpus.Fingerprint(), () => Assert.True(corpus.Sentences(Split.Train).Count() > 15_000) })
        {
            told.Clear();
            read();
            Assert.True(told.Count > 1, $"told {told.Count} times");
            Assert.Equal(told.OrderBy(t => t.Done), told);
            Assert.All(told, t => Assert.Equal(told[^1].Done, t.Total));
        }
    }

    // 600, 60 and 60 articles are what the data set's authors count; the sentences are recorded from this splitter.
    [Fact]
    public void Reads_wikitext_2()
    {
        Corpus corpus = CorpusSource.Open(SharedData.Require("wikitext-2")).Read();
        Assert.Equal((600, 60, 60), (corpus.Train.Count, corpus.Valid.Count, corpus.Test.Count));
        Assert.Equal((76_482, 8_036, 9_317),
            (corpus.Sentences(Split.Train).Count(), corpus.Sentences(Split.Valid).Count(), corpus.Sentences(Split.Test).Count()));
        Assert.StartsWith("Homarus gammarus, known as the European lobster or common lobster, is a species of [UNK] lobster", corpus.Valid[0].Sentences[0]);
    }
}
