namespace BareBert.Bert.Evaluations;

/// <summary>A name and a value, both ready to be shown.</summary>
public sealed record ReportEntry(string Name, string Value);

/// <summary>A point of a curve; a value that is not finite is left out of the line and counted below the chart.</summary>
public readonly record struct CurvePoint(double X, double Y);

/// <summary>A named curve.</summary>
public sealed record CurveSeries(string Name, IReadOnlyList<CurvePoint> Points);

/// <summary>A level to compare curves with, such as a baseline.</summary>
public sealed record ReferenceLine(string Name, double Value);

/// <summary>Curves over one horizontal axis.</summary>
/// <param name="Title">What is shown.</param>
/// <param name="XLabel">What runs along the bottom, with its unit: "epoch", "step".</param>
/// <param name="YLabel">What runs up the side, with its unit.</param>
/// <param name="Series">The curves.</param>
public sealed record LineChart(string Title, string XLabel, string YLabel, IReadOnlyList<CurveSeries> Series)
{
    /// <summary>Levels drawn as dashed lines.</summary>
    public IReadOnlyList<ReferenceLine> References { get; init; } = [];

    /// <summary>Whether the vertical axis is logarithmic; values must then be above zero, others are left out.</summary>
    public bool LogY { get; init; }
}

/// <summary>A ROC curve by name.</summary>
public sealed record NamedRoc(string Name, RocCurve Curve);

/// <summary>What the model said of a text before and after training.</summary>
/// <param name="Text">The text.</param>
/// <param name="Before">Label and score before, "Negative 0.52".</param>
/// <param name="After">Label and score after.</param>
/// <param name="Changed">Whether the label is another.</param>
public sealed record ExampleChange(string Text, string Before, string After, bool Changed);

/// <summary>A table; columns whose every cell is a number are set flush right.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Columns">Column headings.</param>
/// <param name="Rows">Rows of as many cells.</param>
/// <param name="Caption">A sentence below, or null.</param>
public sealed record ReportTable(string Title, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows, string? Caption = null);

/// <summary>What a run did, for <see cref="HtmlReport"/>. Empty parts are left out of the page.</summary>
public sealed record Report
{
    /// <summary>The heading of the page.</summary>
    public required string Title { get; init; }

    /// <summary>One line below it: model, task, data, when.</summary>
    public string Subtitle { get; init; } = "";

    /// <summary>The few figures that matter most, shown large.</summary>
    public IReadOnlyList<ReportEntry> Headline { get; init; } = [];

    /// <summary>What the reader has to know to read the figures rightly; one line each.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>Loss and metrics over the run.</summary>
    public IReadOnlyList<LineChart> Charts { get; init; } = [];

    /// <summary>Metrics by epoch, perplexity by epoch beside its baseline, scores by class, and the like.</summary>
    public IReadOnlyList<ReportTable> Tables { get; init; } = [];

    /// <summary>ROC curves: one for two classes, else one a class, or a few of many.</summary>
    public IReadOnlyList<NamedRoc> Roc { get; init; } = [];

    /// <summary>What they are called.</summary>
    public string RocTitle { get; init; } = "ROC";

    /// <summary>The confusion matrix.</summary>
    public ConfusionMatrix? Confusion { get; init; }

    /// <summary>Names of its classes.</summary>
    public IReadOnlyList<string> LabelNames { get; init; } = [];

    /// <summary>Texts predicted before and after.</summary>
    public IReadOnlyList<ExampleChange> Examples { get; init; } = [];

    /// <summary>Parameters: total, trainable, by part.</summary>
    public IReadOnlyList<ReportEntry> Parameters { get; init; } = [];

    /// <summary>Time, tokens a second, memory.</summary>
    public IReadOnlyList<ReportEntry> Timings { get; init; } = [];

    /// <summary>The resolved options of the run.</summary>
    public IReadOnlyList<ReportEntry> Options { get; init; } = [];

    /// <summary>The report with ROC curves: of more than can be told apart, those with the smallest areas.</summary>
    internal Report WithRoc(IReadOnlyList<NamedRoc> curves) => curves.Count <= ChartParts.Colors ? this with { Roc = curves } : this with
    {
        Roc = [.. curves.OrderBy(roc => roc.Curve.Auc).Take(ChartParts.Colors)],
        RocTitle = $"ROC, the {ChartParts.Colors} of {curves.Count} curves with the smallest areas",
    };
}
