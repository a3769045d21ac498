namespace BareBert.Bert.Tasks;

/// <summary>A stage of pretraining: examples of one length, and as many of them in a batch as make up the tokens of the longest ones' batch, so that steps of all stages cost alike.</summary>
/// <param name="Examples">Of that length.</param>
/// <param name="BatchFactor">By what the number of the longest examples in a batch is multiplied.</param>
/// <param name="Share">Of the run.</param>
internal sealed record PretrainingStage(PretrainingExamples Examples, int BatchFactor, double Share)
{
    /// <summary>As the trainer knows it.</summary>
    public TrainingStage Training => new($"length {Examples.Options.SequenceLength}", Share);

    /// <summary>The stages of a schedule of lengths; none where there is one length.</summary>
    /// <param name="longest">The examples of the last stage.</param>
    /// <param name="lengths">Their lengths.</param>
    public static IReadOnlyList<PretrainingStage> Of(PretrainingExamples longest, SequenceLengths lengths) => lengths.All.Count == 1 ? []
        : [.. lengths.All.Select((length, stage) => new PretrainingStage(
            longest.OfLength(length), (int)Math.Round((double)lengths.Longest / length), ShareOf(stage, lengths.All.Count)))];

    // Half of what is left of the run, and all of it for the last.
    private static double ShareOf(int stage, int count) => Math.Pow(0.5, Math.Min(stage + 1, count - 1));
}
