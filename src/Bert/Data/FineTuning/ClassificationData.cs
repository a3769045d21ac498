namespace BareBert.Bert.Data;

/// <summary>Reads a classification data set from wherever a path leads: a table, IMDB, SST, or a folder of tables.</summary>
public static class ClassificationData
{
    private static readonly string[] TableExtensions = [".csv", ".tsv", ".jsonl", ".ndjson", ".json"];

    /// <summary>Reads by what the path is.</summary>
    /// <param name="path">
    /// A .csv, .tsv or .jsonl file; IMDB's folder or .tar.gz; a file or a folder of sentiment trees; the folder of the Stanford sentiment files or
    /// its <c>sentiment_labels.txt</c> (then phrases, with <c>dictionary.txt</c> beside it); or a folder of tables called train,
    /// and validation (or valid, dev) and test where there are such.
    /// </param>
    /// <param name="options">For tables.</param>
    /// <param name="sstPhrases">For trees: whether every phrase is an example; the validation and test files of a folder are whole sentences always.</param>
    /// <exception cref="InputException">Nothing that is known is there, or what is there cannot be read.</exception>
    public static ClassificationSplits Read(string path, TableOptions? options = null, bool sstPhrases = true)
    {
        if (Directory.Exists(path))
            return ReadFolder(path, options ?? new TableOptions(), sstPhrases);
        string name = Path.GetFileName(path);
        if (name.EndsWith(".tar.gz", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".tgz", StringComparison.OrdinalIgnoreCase))
            return Imdb(path);
        if (name == "sentiment_labels.txt")
            return new ClassificationSplits(SstStanfordDataset.ReadPhrases(path, Path.Combine(Path.GetDirectoryName(path) ?? "", "dictionary.txt")));
        return new ClassificationSplits(IsTreeFile(path) ? SstTreeDataset.Read(path, sstPhrases) : TableDataset.Read(path, options));
    }

    private static bool IsTreeFile(string path)
    {
        if (!path.EndsWith(".txt", StringComparison.OrdinalIgnoreCase))
            return false;
        using var file = InputFiles.Open(path);
        return file.ReadByte() == '(' && file.ReadByte() is >= '0' and <= '4' && file.ReadByte() == ' ';
    }

    private static ClassificationSplits ReadFolder(string path, TableOptions options, bool sstPhrases)
    {
        bool Has(params string[] parts) => Path.Exists(Path.Combine([path, .. parts]));
        if (Has("aclImdb") || Has("train", "pos"))
            return Imdb(path);
        if (Has("trees", "train.txt") || (Has("train.txt") && Has("dev.txt") && Has("test.txt")))
            return SstTreeDataset.ReadSplits(path, sstPhrases, evaluateOnPhrases: false);
        if (Has("sentiment_labels.txt"))
            return SstStanfordDataset.ReadSentences(path);
        if (TableNamed(path, "train") is string train)
            return ReadTables(path, train, options);
        throw new InputException($"this folder is no data set that is known: {path}; give a table, or the folder of IMDB, of SST or of train.csv and the like");
    }

    private static ClassificationSplits ReadTables(string folder, string train, TableOptions options)
    {
        var trained = TableDataset.Read(train, options);
        var same = options with { LabelNames = trained.LabelNames };
        ClassificationDataset? Read(params string[] names) =>
            names.Select(n => TableNamed(folder, n)).FirstOrDefault(p => p is not null) is string found ? TableDataset.Read(found, same) : null;
        return new ClassificationSplits(trained, Read("validation", "valid", "dev"), Read("test"));
    }

    private static string? TableNamed(string folder, string name) =>
        TableExtensions.Select(e => Path.Combine(folder, name + e)).FirstOrDefault(File.Exists);

    private static ClassificationSplits Imdb(string path)
    {
        var imdb = ImdbDataset.Read(path);
        return new ClassificationSplits(imdb.Train!, Validation: null, imdb.Test);
    }
}
