namespace BareBert.Bert.Training;

/// <summary>Into how many parts a batch is cut, where several processes share it out.</summary>
internal static class MicroBatchChoice
{
    // So that 1, 2, 3, 4 and 8 processes come to the same bits without being told to.
    private const int Usual = 8;

    /// <summary>The parts of a batch, and what to say of it.</summary>
    /// <param name="options">Batch size and accumulation, and the parts where they are given.</param>
    /// <param name="processes">How many share them.</param>
    /// <exception cref="InputException">There are fewer parts than processes.</exception>
    public static (int? MicroBatches, string? Notice) Of(TrainingOptions options, int processes)
    {
        int? asked = options.MicroBatches;
        if (!options.CutsBatches && asked > 1)
            throw new InputException($"`{nameof(options.MicroBatches)}` {asked} does nothing good: this task tells the examples of a batch from each other, so it is not cut; leave it out");
        if (processes == 1)
            return (asked, null);
        int cut = asked ?? (options.CutsBatches ? Choose(options.BatchSize, options.GradAccum, IsOnGpu(options) ? processes : Math.Max(Usual, processes)) : 1), all = cut * options.GradAccum;
        if (all < processes)
            throw new InputException(Refusal(options, asked, all, processes));
        string begun = options.IsResumed && asked is null ? "; the run was begun uncut, so what follows differs from one process's in rounding" : "";
        int most = (all + processes - 1) / processes;
        string uneven = all % processes == 0 ? $"{most} a process" : $"{all / processes} or {most} a process: some wait for others";
        return (cut, $"{processes} processes share a step's {all} micro-batches of {options.BatchSize / cut} examples, {uneven}{begun}");
    }

    private static string Refusal(TrainingOptions options, int? asked, int all, int processes) =>
        $"there is not enough for {processes} processes: a step has {all} micro-batches; " + (asked is not null ? $"give `{nameof(options.MicroBatches)}` {processes} or more, or start {all} processes or less"
            : options.CutsBatches ? $"give `{nameof(options.BatchSize)}` {processes} or more, or start {all} processes or less"
            : $"this task does not cut its batches; give `{nameof(options.GradAccum)}` {processes} or more, or start {all} processes or less");

    // A GPU wants large parts, and between GPUs sums are not a tree's.
    private static bool IsOnGpu(TrainingOptions options) => options.ResolvedDevice.StartsWith("cuda", StringComparison.Ordinal);

    // The fewest equal parts that are enough: for the usual numbers of processes, or for all that there are.
    private static int Choose(int batchSize, int accumulate, int least)
    {
        for (int cut = 1; cut < batchSize; cut++)
        {
            if (batchSize % cut == 0 && (long)cut * accumulate >= least)
                return cut;
        }
        return batchSize;
    }
}
