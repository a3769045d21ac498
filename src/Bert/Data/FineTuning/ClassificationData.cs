namespace BareBert.Bert.Data;

/// <summary>Reads a classification data set from wherever a path leads: a table, IMDB, SST, or a folder of tables.</summary>
public static class ClassificationData
{
    /// <summary>Reads by what the path is.</summary>
    /// <param name="path">
    /// A table, see <see cref="TableDataset"/>; IMDB's folder or .tar.gz; a file or a folder of sentiment trees; the folder of the Stanford sentiment files or
    /// its <c>sentiment_labels.txt</c> (then phrases, with <c>dictionary.txt</c> or <c>sentlex_exp12.txt</c> beside it); or a folder of tables called train,
    /// and validation (or valid, val, dev) and test where there are such.
    /// </param>
    /// <param name="options">For tables.</param>
    /// <param name="sstPhrases">For trees: whether every phrase is an example; the validation and test files of a folder are whole sentences always.</param>
    /// <exception cref="InputException">Nothing that is known is there, or what is there cannot be read.</exception>
    public static ClassificationSplits Read(string path, TableOptions? options = null, bool sstPhrases = true) => Read(new DataFiles(path), options, sstPhrases);

    /// <summary>Reads the parts from where they are; those with files of their own have the columns and labels of the training part.</summary>
    /// <inheritdoc cref="Read(string, TableOptions?, bool)"/>
    /// <param name="files">Training data as above, and files for the other parts.</param>
    /// <param name="options">For tables.</param>
    /// <param name="sstPhrases">For trees.</param>
    public static ClassificationSplits Read(DataFiles files, TableOptions? options = null, bool sstPhrases = true)
    {
        options ??= new TableOptions();
        TableOptions first = options.ForFirst(files.Train, files.Validation, files.Test);
        ClassificationSplits splits = options.Glue is { } glue ? GlueTask.Parse($"`{nameof(options.Glue)}`", glue).Read(files.Train, options.LabelNames)
            : Directory.Exists(files.Train) ? ReadFolder(files.Train, first, sstPhrases) : ReadFile(files.Train, first, sstPhrases);
        TableOptions same = Like(splits.Train, options);
        return splits with
        {
            Validation = files.Validation is { } validation ? ReadPart([validation], same, LabelNeed.Required, splits) : splits.Validation,
            Test = files.Test is { } test ? ReadPart([test], same, LabelNeed.Optional, splits) : splits.Test,
        };
    }

    private static ClassificationSplits ReadFile(string path, TableOptions options, bool sstPhrases)
    {
        string name = Path.GetFileName(path);
        if (name.EndsWith(".tar.gz", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".tgz", StringComparison.OrdinalIgnoreCase))
            return Imdb(path);
        if (name == "sentiment_labels.txt")
            return new ClassificationSplits(SstStanfordDataset.ReadPhrases(path, SstStanfordFiles.PhrasesBeside(path)));
        return new ClassificationSplits(IsTreeFile(path) ? SstTreeDataset.Read(path, sstPhrases) : TableDataset.Read(path, options));
    }

    // A file for a part that is not the training part.
    private static ClassificationDataset? ReadPart(IReadOnlyList<string> paths, TableOptions options, LabelNeed need, ClassificationSplits splits)
    {
        if (paths is [var path] && IsTreeFile(path))
            return SstTreeDataset.Read(path, phrases: false);
        ClassificationDataset? read = TableDataset.ReadParts(paths, options.ForPart(paths[0]), need);
        if (read is null)
            splits.Notices.Add($"the test part has no labels, and is not scored: {paths[0]}");
        return read;
    }

    // The columns and labels of a part that is read already.
    private static TableOptions Like(ClassificationDataset train, TableOptions options) => options with
    {
        LabelNames = train.LabelNames,
        ProblemType = train.ProblemType,
        TextColumn = train.Columns?.Text ?? options.TextColumn,
        Text2Column = train.Columns?.Text2 ?? options.Text2Column,
        LabelColumn = train.Columns?.Label ?? options.LabelColumn,
    };

    /// <summary>Whether a path leads to sentiment trees.</summary>
    public static bool AreTrees(string path) => Directory.Exists(path) ? HoldsTrees(path) : File.Exists(path) && IsTreeFile(path);

    private static bool HoldsTrees(string folder) =>
        File.Exists(Path.Combine(folder, "trees", "train.txt")) || new[] { "train.txt", "dev.txt", "test.txt" }.All(name => File.Exists(Path.Combine(folder, name)));

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
        if (HoldsTrees(path))
            return SstTreeDataset.ReadSplits(path, sstPhrases, evaluateOnPhrases: false);
        if (Has("sentiment_labels.txt"))
            return Has("datasetSentences.txt") ? SstStanfordDataset.ReadSentences(path) : ReadFile(Path.Combine(path, "sentiment_labels.txt"), options, sstPhrases);
        return DataFiles.Find(path, Split.Train, Table.Extensions) is { Length: > 0 } train ? ReadTables(path, train, options)
            : Has("data") && DataFiles.Find(Path.Combine(path, "data"), Split.Train, Table.Extensions) is { Length: > 0 } inData ? ReadTables(Path.Combine(path, "data"), inData, options)
            : throw new InputException($"this folder is no data set that is known: {path}; give a table, or the folder of IMDB, of SST or of train.csv and the like");
    }

    private static ClassificationSplits ReadTables(string folder, string[] train, TableOptions options)
    {
        TableOptions first = options.ForFirst(train[0], [.. DataFiles.Find(folder, Split.Valid, Table.Extensions), .. DataFiles.Find(folder, Split.Test, Table.Extensions)]);
        var splits = new ClassificationSplits(TableDataset.ReadParts(train, first, LabelNeed.Required)!);
        TableOptions same = Like(splits.Train, options);
        ClassificationDataset? Part(Split part, LabelNeed need) =>
            DataFiles.Find(folder, part, Table.Extensions) is { Length: > 0 } found ? ReadPart(found, same, need, splits) : null;
        splits = splits with { Validation = Part(Split.Valid, LabelNeed.Required), Test = Part(Split.Test, LabelNeed.Optional) };
        if (splits.Validation is null && GlueTask.OfFolder(folder) is { } task)
            splits.Notices.Add($"the folder is called as GLUE's {task.Name}: {folder}; `{nameof(options.Glue)}` {task.Name} reads its parts by their own names");
        return splits;
    }

    private static ClassificationSplits Imdb(string path)
    {
        var imdb = ImdbDataset.Read(path);
        return new ClassificationSplits(imdb.Train!, Validation: null, imdb.Test);
    }
}
