namespace BareBert.Bert.Evaluations;

/// <summary>How far an evaluation, or what goes before it, has come.</summary>
/// <param name="What">A split's name; or what else is computed: "bag of words".</param>
/// <param name="Done">Sequences, of the total.</param>
/// <param name="Total">1 or more.</param>
/// <param name="Tokens">In the sequences that are done.</param>
public readonly record struct EvaluationProgress(string What, int Done, int Total, long Tokens)
{
    /// <summary>What is done with it, if it is not evaluated: "tokenising".</summary>
    public string? Doing { get; init; }

    /// <summary>What is counted, if it is not sequences: "MB".</summary>
    public string? Unit { get; init; }
}
