using System.Security.Cryptography;
using System.Text;

namespace BareBert.Bert.Data;

/// <summary>A corpus in text files: a WikiText directory, or any files.</summary>
public sealed class TextCorpus : CorpusSource
{
    // Part of the fingerprint: raise it when a reader or the sentence splitter gives other sentences for the same bytes.
    private const int ReaderVersion = 1;

    // The usual names of the WikiText files, the best text first.
    private static readonly string[] NamingSchemes = ["wiki.{0}.raw", "wiki.{0}.tokens", "{0}.txt"];

    private readonly IReadOnlyList<(Split? Split, string Path)> _files;

    private TextCorpus(string name, IReadOnlyList<(Split?, string)> files)
    {
        Name = name;
        _files = files;
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <summary>Whether the files say which split they are; if not, <see cref="Read"/> divides the documents itself.</summary>
    public bool HasOwnSplits => _files[0].Split is not null;

    /// <summary>A corpus of one directory or of one or more text files.</summary>
    /// <param name="paths">A directory with WikiText's file names (some splits may be absent) or with .txt files; or text files.</param>
    /// <exception cref="InputException">A path is missing, or a directory holds nothing usable.</exception>
    public static TextCorpus FromPaths(params IReadOnlyList<string> paths)
    {
        if (paths.Count == 1 && Directory.Exists(paths[0]))
            return OpenDirectory(paths[0]);
        foreach (string path in paths)
        {
            if (Directory.Exists(path))
                throw new InputException($"a directory among files: {path}; give one directory, or text files only");
            if (!File.Exists(path))
                throw new InputException($"there is no such file or directory: {path}; check the path, or use `Data` sample");
        }
        return new TextCorpus(string.Join(' ', paths), [.. paths.Select(path => ((Split?)null, path))]);
    }

    private static TextCorpus OpenDirectory(string directory)
    {
        var named = NamingSchemes.Select(scheme => FindSplits(directory, scheme)).MaxBy(files => files.Count)!;
        if (named.Count > 0)
            return new TextCorpus(directory, named);
        string[] texts = Directory.GetFiles(directory, "*.txt");
        Array.Sort(texts, StringComparer.Ordinal);
        if (texts.Length == 0)
            throw new InputException($"no corpus in this directory: {directory}; it needs wiki.{{train,valid,test}}.{{raw,tokens}}, {{train,valid,test}}.txt or other .txt files");
        return new TextCorpus(directory, [.. texts.Select(path => ((Split?)null, path))]);
    }

    private static List<(Split?, string)> FindSplits(string directory, string scheme) =>
    [
        .. from split in Enum.GetValues<Split>()
           let path = Path.Combine(directory, string.Format(null, scheme, split.ToString().ToLowerInvariant()))
           where File.Exists(path)
           select ((Split?)split, path),
    ];

    /// <inheritdoc/>
    public override string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"text corpus, reader {ReaderVersion}"));
        foreach (var (split, path) in _files)
        {
            byte[] bytes = TextFile.ReadBytes(path);
            hash.AppendData(Encoding.UTF8.GetBytes($"\n{split} {bytes.Length}\n"));
            hash.AppendData(bytes);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <inheritdoc/>
    public override Corpus Read()
    {
        var notices = new List<string>();
        var documents = new List<Document>[_files.Count];
        for (int i = 0; i < documents.Length; i++)
        {
            TextFile file = TextFile.Read(_files[i].Path);
            if (file.Replaced > 0)
                notices.Add($"{file.Replaced} malformed UTF-8 sequence{(file.Replaced == 1 ? " was" : "s were")} replaced by U+FFFD: {_files[i].Path}");
            documents[i] = DocumentReader.Read(file.Text);
            if (documents[i].Count == 0 && (HasOwnSplits || documents.Length == 1))
                throw new InputException($"the corpus is empty: {_files[i].Path}; it needs sentences of text");
        }
        return HasOwnSplits ? FromOwnSplits(documents, notices) : DocumentSplitter.Divide([.. documents.SelectMany(d => d)], Name, notices);
    }

    private Corpus FromOwnSplits(List<Document>[] documents, List<string> notices)
    {
        IReadOnlyList<Document> Of(Split split)
        {
            int file = _files.ToList().FindIndex(f => f.Split == split);
            return file < 0 ? [] : documents[file];
        }
        var missing = Enum.GetValues<Split>().Where(split => !_files.Any(f => f.Split == split)).ToList();
        if (missing.Count > 0)
            notices.Add($"no {string.Join(" and no ", missing).ToLowerInvariant()} split in this corpus: {Name}");
        return new Corpus(Of(Split.Train), Of(Split.Valid), Of(Split.Test), notices);
    }
}
