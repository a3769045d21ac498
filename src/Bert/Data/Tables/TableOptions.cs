namespace BareBert.Bert.Data;

/// <summary>How to read a table of texts and labels.</summary>
public sealed record TableOptions
{
    /// <summary>Column of the text; null: guessed by its name, and said in the notices.</summary>
    public string? TextColumn { get; init; }

    /// <summary>Column of the second text of a pair; null: none, unless two columns are obviously a pair.</summary>
    public string? Text2Column { get; init; }

    /// <summary>Column of the label, or several with commas between, each with a label that holds or not, or with a number; null: guessed by its name, and said in the notices.</summary>
    public string? LabelColumn { get; init; }

    /// <summary>The first row of a CSV or TSV file is data: columns are called 1, 2, ….</summary>
    public bool NoHeader { get; init; }

    /// <summary>What parts the cells of a CSV or TSV file: a character, or comma, tab, semicolon or pipe; null: the extension's, or where the first row has none, the one that it has.</summary>
    public string? Separator { get; init; }

    /// <summary>Whether cells of a CSV or TSV file may stand in quotes.</summary>
    public Quoting Quote { get; init; }

    /// <summary>A task of GLUE by its name, whose files and columns are then known: cola, sst2, mrpc, qqp, stsb, mnli, qnli, rte or wnli.</summary>
    public string? Glue { get; init; }

    /// <summary>What the labels mean; null: told from them, and said in the notices.</summary>
    public ProblemType? ProblemType { get; init; }

    /// <summary>What parts several labels in one cell; null: guessed.</summary>
    public string? LabelSeparator { get; init; }

    /// <summary>The classes of the model, for evaluation; null: the classes are those of the file.</summary>
    public IReadOnlyList<string>? LabelNames { get; init; }

    /// <summary>A row of a CSV or TSV file with more or fewer cells than there are columns is an error: what is written of it could not be put beside the others.</summary>
    internal bool RequiresWholeRows { get; init; }

    /// <summary>A run goes on by what it began with, in which there may be what an older version did not heed.</summary>
    internal bool IsResumed { get; init; }

    /// <summary>Whether it is said that several labels stand in one cell; of a run of an older version, which did not take it so, it is not.</summary>
    internal bool PartsLabels => LabelSeparator is not null && !IsResumed;

    /// <summary>The same for the first part of the data, where another part heeds what a CSV or TSV file alone can heed.</summary>
    internal TableOptions ForFirst(string path, params IEnumerable<string?> others) => others.Any(other => other is not null && Table.IsDelimited(other)) ? ForPart(path) : this;

    /// <summary>The same for a further part of the data, which may be a file of another format: what a CSV or TSV file alone can heed is not said of others.</summary>
    internal TableOptions ForPart(string path) => Table.IsDelimited(path) || Directory.Exists(path) ? this : this with { NoHeader = false, Separator = null, Quote = default };

    /// <summary>What is said that a CSV or TSV file alone can heed; null: nothing.</summary>
    internal string? OfDelimitedAlone => IsResumed ? null : NoHeader ? nameof(NoHeader) : Separator is not null ? nameof(Separator) : Quote != default ? nameof(Quote) : null;
}
