namespace BareBert.Bert.Training;

/// <summary>A stretch of a run in which a task's examples are of one kind.</summary>
/// <param name="Name">As progress, metrics and reports call it: "length 32".</param>
/// <param name="Share">Of the run, above 0; those of all stages make 1.</param>
public sealed record TrainingStage(string Name, double Share)
{
    /// <summary>The stage that a step belongs to, a function of the step and the run's length alone; each stage has a step at least, if there are so many.</summary>
    /// <param name="stages">Of the run, in order; none: all is one stage.</param>
    /// <param name="step">From 0.</param>
    /// <param name="totalSteps">Steps of the whole run; infinite where nobody knows.</param>
    /// <returns>From 0.</returns>
    internal static int At(IReadOnlyList<TrainingStage> stages, int step, double totalSteps)
    {
        double shares = 0, border = 0;
        for (int stage = 0; stage < stages.Count - 1; stage++)
        {
            shares += stages[stage].Share;
            border = Math.Max(border + 1, Math.Min(Math.Round(shares * totalSteps), totalSteps - (stages.Count - 1 - stage)));
            if (step < border)
                return stage;
        }
        return Math.Max(0, stages.Count - 1);
    }
}
