namespace BareBert.Bert.Data;

/// <summary>A task of GLUE: where its files lie, what their columns are called, and what it is judged by.</summary>
/// <param name="Name">As the datasets library has it: "sst2".</param>
/// <param name="Folders">As the tasks' own archives unpack to, and others call it.</param>
/// <param name="Columns">Text, second text or null, and label: as the own files have them, then as the datasets library has.</param>
/// <param name="Labels">Names of the classes, in the order of their numbers; null: a number.</param>
/// <param name="Metrics">What the benchmark judges by, the first of them decides on the best model.</param>
/// <remarks>Wang et al. 2018, arXiv:1804.07461. Own files are tab-separated and unquoted.</remarks>
internal sealed record GlueTask(string Name, string[] Folders, (string Text, string? Text2, string Label)[] Columns, string[]? Labels, string[] Metrics)
{
    private static readonly string[] Entailed = ["entailment", "not_entailment"];

    /// <summary>All nine.</summary>
    public static IReadOnlyList<GlueTask> All { get; } =
    [
        new("cola", ["CoLA", "cola"], [("sentence", null, "label")], ["unacceptable", "acceptable"], ["matthews"]),
        new("sst2", ["SST-2", "sst2", "sst-2"], [("sentence", null, "label")], ["negative", "positive"], ["accuracy"]),
        new("mrpc", ["MRPC", "mrpc"], [("#1 String", "#2 String", "Quality"), ("sentence1", "sentence2", "label")], ["not_equivalent", "equivalent"], ["f1", "accuracy"]),
        new("qqp", ["QQP", "qqp"], [("question1", "question2", "is_duplicate"), ("question1", "question2", "label")], ["not_duplicate", "duplicate"], ["f1", "accuracy"]),
        new("stsb", ["STS-B", "stsb", "sts-b"], [("sentence1", "sentence2", "score"), ("sentence1", "sentence2", "label")], null, ["pearson", "spearman"]),
        new("mnli", ["MNLI", "mnli"], [("sentence1", "sentence2", "gold_label"), ("premise", "hypothesis", "label")], ["entailment", "neutral", "contradiction"], ["accuracy"]),
        new("qnli", ["QNLI", "qnli"], [("question", "sentence", "label")], Entailed, ["accuracy"]),
        new("rte", ["RTE", "rte"], [("sentence1", "sentence2", "label")], Entailed, ["accuracy"]),
        new("wnli", ["WNLI", "wnli"], [("sentence1", "sentence2", "label")], ["not_entailment", "entailment"], ["accuracy"]),
    ];

    /// <summary>The task of that name.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public static GlueTask Parse(string setting, string name) => All.FirstOrDefault(t => t.Name == name.ToLowerInvariant() || t.Folders.Contains(name, StringComparer.OrdinalIgnoreCase))
        ?? throw new InputException($"{setting} {Printable.Quote(name)} is no task of GLUE: give {string.Join(", ", All.Select(t => t.Name))}");

    /// <summary>The task whose name a folder has; null: none.</summary>
    public static GlueTask? OfFolder(string folder) => All.FirstOrDefault(task => task.Folders.Contains(UserPaths.Name(Path.GetFullPath(folder)), StringComparer.OrdinalIgnoreCase));

    // CoLA's own files have no header: source, label, the author's mark, sentence.
    private bool IsBare(string path) => Name == "cola" && Table.ExtensionOf(path) is ".tsv" && Table.Open(path, Plain(path)).Columns is { Count: 4 } columns && !columns.Contains("sentence");

    private static TableOptions Plain(string path) => new() { Quote = Table.IsDelimited(path) ? Quoting.None : default };

    /// <summary>Reads the task's parts.</summary>
    /// <param name="folder">With the task's files, or with a folder of its name that has.</param>
    /// <param name="numbers">What the model calls its number, for evaluation; null: score. Classes have the task's own names, whatever the model's are.</param>
    /// <exception cref="InputException">There is no training part, or a file is not the task's.</exception>
    public ClassificationSplits Read(string folder, IReadOnlyList<string>? numbers = null)
    {
        string root = Folders.Select(f => Path.Combine(folder, f)).FirstOrDefault(Directory.Exists) ?? folder;
        if (!Directory.Exists(root))
            throw new InputException($"GLUE's files lie in a folder: {folder} is none; name the one that {Folders[0]}/ is in, or itself");
        if (OfFolder(root) is { } another && another != this)
            throw new InputException($"these are the files of GLUE's {another.Name}: {root}; name the folder of {Name}, or the other task");
        string[] train = Find(root, "train", "msr_paraphrase_train");
        if (train.Length == 0)
            throw new InputException($"no training part of GLUE's {Name}: {root} has no train.tsv; name the folder that {Folders[0]}/ is in, or itself");
        var splits = new ClassificationSplits(ReadPart(train, numbers, LabelNeed.Required)!);
        bool hasTwo = Name == "mnli";
        string[] validation = hasTwo ? Find(root, "dev_matched", "validation_matched") : Find(root, "dev", "validation", "valid", "val");
        string[] test = hasTwo ? Find(root, "dev_mismatched", "validation_mismatched") : Find(root, "test", "msr_paraphrase_test");
        ClassificationDataset? tested = test.Length > 0 ? ReadPart(test, numbers, LabelNeed.Optional) : null;
        if (test.Length > 0 && tested is null)
            splits.Notices.Add($"the test part has no labels, and is not scored: {test[0]}");
        if (hasTwo && tested is not null)
            splits.Notices.Add($"\"valid\" is the matched part, \"test\" the mismatched one, {test[0]}: the labels of GLUE's own tests are not given away");
        return splits with { Validation = validation.Length > 0 ? ReadPart(validation, numbers, LabelNeed.Required) : null, Test = tested };
    }

    private ClassificationDataset? ReadPart(string[] paths, IReadOnlyList<string>? numbers, LabelNeed need)
    {
        TableOptions options = Plain(paths[0]) with
        {
            LabelNames = Labels ?? numbers ?? ["score"],
            ProblemType = Labels is null ? ProblemType.Regression : ProblemType.SingleLabel,
            NoHeader = IsBare(paths[0]),
        };
        if (options.NoHeader)
            return TableDataset.ReadParts(paths, options with { TextColumn = "4", LabelColumn = "2" }, need);
        IReadOnlyList<string> columns = Table.Open(paths[0], options).Columns;
        (string text, string? text2, string label) = Columns.OrderByDescending(c => columns.Contains(c.Label)).FirstOrDefault(c => columns.Contains(c.Text)
            && (c.Text2 is null || columns.Contains(c.Text2)), Columns[0]);
        return TableDataset.ReadParts(paths, options with { TextColumn = text, Text2Column = text2, LabelColumn = label }, need);
    }

    private static string[] Find(string folder, params string[] names) => DataFiles.Find(folder, names, [".tsv", ".parquet", ".jsonl", ".json", ".csv", ".txt"]);
}
