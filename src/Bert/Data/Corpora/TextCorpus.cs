using System.Security.Cryptography;
using System.Text;

namespace BareBert.Bert.Data;

/// <summary>A corpus in text files of any size, packed by gzip or not, or in Parquet files with a column of text: a WikiText directory, or any files. They are read as a stream.</summary>
public sealed class TextCorpus : CorpusSource
{
    // Part of the fingerprint: raise it when a reader or the sentence splitter gives other sentences for the same bytes.
    private const int ReaderVersion = 1;

    // The usual names of the WikiText files, the best text first.
    private static readonly string[] NamingSchemes = ["wiki.{0}.raw", "wiki.{0}.tokens", "{0}.txt"];

    private const string Parquet = ".parquet";

    // Whose rows are texts.
    private static readonly string[] Tables = [Parquet, ".jsonl", ".ndjson", ".json", ".csv", ".tsv"];

    private readonly IReadOnlyList<(Split? Split, string Path)> _files;
    private string? _fingerprint;

    private TextCorpus(string name, IReadOnlyList<(Split?, string)> files)
    {
        Name = name;
        _files = files;
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <summary>Where there are too few documents to be divided, paragraphs are taken for documents: enough to learn words, not what follows what.</summary>
    public bool ParagraphsMayBeDocuments { get; init; }

    /// <summary>Whether the files say which split they are; if not, the documents are divided.</summary>
    public bool HasOwnSplits => _files[0].Split is not null;

    /// <summary>A corpus of one directory or of one or more text files.</summary>
    /// <param name="paths">A directory with WikiText's file names (some splits may be absent), with train.parquet, train.jsonl and the like, or with .txt files; or files.</param>
    /// <param name="paragraphsMayBeDocuments">See <see cref="ParagraphsMayBeDocuments"/>.</param>
    /// <exception cref="InputException">A path is missing, or a directory holds nothing usable.</exception>
    public static TextCorpus FromPaths(IReadOnlyList<string> paths, bool paragraphsMayBeDocuments = false)
    {
        if (paths.Count == 1 && Directory.Exists(paths[0]))
            return new TextCorpus(paths[0], FilesOf(paths[0])) { ParagraphsMayBeDocuments = paragraphsMayBeDocuments };
        foreach (string path in paths)
        {
            if (Directory.Exists(path))
                throw new InputException($"a directory among files: {path}; give one directory, or text files only");
            if (!File.Exists(path))
                throw new InputException($"there is no such file or directory: {path}; check the path, or use `Data` sample");
        }
        return new TextCorpus(string.Join(' ', paths), [.. paths.Select(path => ((Split?)null, path))]) { ParagraphsMayBeDocuments = paragraphsMayBeDocuments };
    }

    private static List<(Split?, string)> FilesOf(string directory)
    {
        List<(Split?, string)> named = NamingSchemes.Select(scheme => FindSplits(directory, scheme)).MaxBy(files => files.Count)!;
        if (named.Count > 0)
            return named;
        named = [.. Enum.GetValues<Split>().SelectMany(split => DataFiles.Find(directory, split, Tables).Select(path => ((Split?)split, path)))];
        if (named.Count > 0)
            return named;
        string[] texts = [.. Directory.GetFiles(directory).Where(path => path.EndsWith(".txt", StringComparison.Ordinal) || path.EndsWith(".txt.gz", StringComparison.Ordinal))];
        Array.Sort(texts, StringComparer.Ordinal);
        return texts.Length > 0 ? [.. texts.Select(path => ((Split?)null, path))]
            : throw new InputException($"no corpus in this directory: {directory}; it needs wiki.{{train,valid,test}}.{{raw,tokens}}, {{train,valid,test}}.txt, train.parquet, .jsonl, .csv and the like, or other .txt files");
    }

    private static List<(Split?, string)> FindSplits(string directory, string scheme) =>
    [
        .. from split in Enum.GetValues<Split>()
           let path = Path.Combine(directory, string.Format(null, scheme, split.ToString().ToLowerInvariant()))
           let found = File.Exists(path) ? path : path + ".gz"
           where File.Exists(found)
           select ((Split?)split, found),
    ];

    /// <inheritdoc/>
    public override string Fingerprint() => _fingerprint ??= Hash(Meter(passes: 1));

    private ReadingMeter Meter(int passes) => new(Watch, [.. _files.Select(file => file.Path)], passes);

    private string Hash(ReadingMeter meter)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"text corpus, reader {ReaderVersion}{(ParagraphsMayBeDocuments ? ", paragraphs may be documents" : "")}"));
        byte[] block = new byte[1 << 16];
        foreach (var (split, path) in _files)
        {
            try
            {
                using FileStream file = InputFiles.Open(path);
                hash.AppendData(Encoding.UTF8.GetBytes($"\n{split} {file.Length}{(IsTextTable(path) ? " rows" : "")}\n"));
                for (int count; (count = file.Read(block)) > 0;)
                {
                    hash.AppendData(block, 0, count);
                    meter.At(file.Position);
                }
                meter.EndFile(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw InputFiles.CannotRead(path, e);
            }
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <inheritdoc/>
    public override Corpus Read()
    {
        List<string> notices = [];
        List<Document>[] documents = [[], [], []];
        List<string>[] sentences = [[], [], []];
        foreach (Passage passage in Passages(notices))
        {
            int split = (int)passage.Split;
            if (passage.BeginsDocument)
                documents[split].Add(new Document(sentences[split] = []));
            sentences[split].AddRange(passage.Sentences);
        }
        return new Corpus(documents[0], documents[1], documents[2], notices);
    }

    /// <inheritdoc/>
    internal override IEnumerable<Passage> Passages(List<string> notices)
    {
        if (!HasOwnSplits)
            return Divided(notices);
        ReadingMeter meter = Meter(passes: 1);
        var missing = Enum.GetValues<Split>().Where(split => !_files.Any(f => f.Split == split)).ToList();
        IEnumerable<Passage> passages = _files.SelectMany(file => NotEmpty(Paragraphs(file.Path, notices, meter), file.Path).Select(p => new Passage(file.Split!.Value, p.BeginsDocument, p.Text)));
        return missing.Count == 0 ? passages : Then(passages, () => notices.Add($"no {string.Join(" and no ", missing).ToLowerInvariant()} split in this corpus: {Name}"));
    }

    // Read twice: to count the documents, and to give each its split.
    private IEnumerable<Passage> Divided(List<string> notices)
    {
        ReadingMeter meter = Meter(passes: 2);
        (int documents, int paragraphs, int sentences) = (0, 0, 0);
        foreach ((bool begins, string text) in AllParagraphs([], meter))
        {
            documents += begins ? 1 : 0;
            if (paragraphs++ == 0)
                sentences = SentenceSplitter.Split(text).Count;
        }
        bool byParagraph = ParagraphsMayBeDocuments && documents < DocumentSplitter.FewestDocuments && paragraphs >= DocumentSplitter.FewestDocuments;
        if (!byParagraph)
            DocumentSplitter.RequireEnough(documents, paragraphs > 1 ? int.MaxValue : sentences, Name);
        var division = new DocumentSplitter(byParagraph ? paragraphs : documents);
        int document = -1;
        foreach ((bool begins, string text) in AllParagraphs(notices, meter))
        {
            document += begins || byParagraph ? 1 : 0;
            yield return new Passage(division.SplitOf(document), begins || byParagraph, text);
        }
        if (byParagraph)
            notices.Add($"too few documents to be divided, {documents}: every paragraph is taken for one: {Name}");
        notices.Add(division.Describe());
    }

    private IEnumerable<(bool BeginsDocument, string Text)> AllParagraphs(List<string> notices, ReadingMeter meter) => _files.SelectMany(file =>
        _files.Count == 1 ? NotEmpty(Paragraphs(file.Path, notices, meter), file.Path) : Paragraphs(file.Path, notices, meter));

    private static IEnumerable<(bool BeginsDocument, string Text)> Paragraphs(string path, List<string> notices, ReadingMeter meter)
    {
        var malformed = new CountingFallback();
        Table? table = null;
        if (IsTextTable(path))
            TextInput.RequireUtf8(path);
        TextReader Open(CountingFallback fallback) => IsTable(path) ? new RowsReader(table = Table.Open(path, new TableOptions())) : TextInput.Open(path, fallback.ToEncoding(), fallback == malformed ? meter.At : null);
        int opened = 0;
        foreach ((bool, string) paragraph in DocumentReader.Paragraphs(() => Open(opened++ == 0 ? new CountingFallback() : malformed)))
            yield return paragraph;
        meter.EndFile(path);
        notices.AddRange(table?.Notices ?? []);
        if (malformed.Count > 0)
            notices.Add($"{malformed.Count} malformed UTF-8 sequence{(malformed.Count == 1 ? " was" : "s were")} replaced by U+FFFD: {path}");
    }

    private static bool IsTable(string path) => Tables.Contains(Table.ExtensionOf(path));

    private static bool IsTextTable(string path) => IsTable(path) && Table.ExtensionOf(path) != Parquet;

    private static IEnumerable<(bool BeginsDocument, string Text)> NotEmpty(IEnumerable<(bool, string)> paragraphs, string path)
    {
        bool isEmpty = true;
        foreach ((bool, string) paragraph in paragraphs)
        {
            isEmpty = false;
            yield return paragraph;
        }
        if (isEmpty)
            throw new InputException($"the corpus is empty: {path}; it needs sentences of text");
    }

    private static IEnumerable<T> Then<T>(IEnumerable<T> items, Action last)
    {
        foreach (T item in items)
            yield return item;
        last();
    }
}
