namespace BareBert.Bert.Evaluations;

/// <summary>What a model said about a set of labelled texts.</summary>
/// <param name="Split">"train", "valid" or "test".</param>
/// <param name="Loss">Mean loss, without weights or smoothing.</param>
public abstract record TextOutcome(string Split, double Loss)
{
    /// <summary>How many texts.</summary>
    public abstract int Count { get; }

    /// <summary>The figures by name.</summary>
    public abstract Evaluation ToEvaluation();

    /// <summary>What the figures are made of, as tables.</summary>
    /// <param name="labels">Names of the classes, of the labels that hold or not, or of the numbers.</param>
    public abstract IReadOnlyList<ReportTable> Details(IReadOnlyList<string> labels);

    /// <summary>Adds what a page shows beside tables.</summary>
    public virtual Report AddTo(Report report, IReadOnlyList<string> labels) => report;
}
