namespace BareBert.Bert.Training;

/// <summary>How the learning rate goes on after the warm-up.</summary>
public enum ScheduleKind
{
    /// <summary>Down to zero on a straight line: BERT's.</summary>
    Linear,

    /// <summary>Down to zero on half a cosine wave: Loshchilov and Hutter 2017, arXiv:1608.03983.</summary>
    Cosine,

    /// <summary>It stays.</summary>
    Constant,
}

/// <summary>
/// The learning rate as a function of progress: a straight rise over the warm-up, then the schedule. A pure function, so
/// a resumed run takes up the same rates.
/// </summary>
/// <param name="Kind">What follows the warm-up.</param>
/// <param name="Peak">The rate at the end of the warm-up.</param>
/// <param name="Warmup">Steps of warm-up where 1 or more, a share of the run below 1.</param>
public sealed record LearningRateSchedule(ScheduleKind Kind, double Peak, double Warmup)
{
    /// <summary>The rate of a step.</summary>
    /// <param name="step">From 0.</param>
    /// <param name="totalSteps">Steps of the whole run, 1 or more.</param>
    /// <remarks>The first step's rate is above zero and the last one's too: (step + 1)/warmup, (total − step)/(total − warmup).</remarks>
    public double At(int step, double totalSteps)
    {
        double warmup = Math.Min(Warmup < 1 ? Warmup * totalSteps : Warmup, totalSteps);
        if (step < warmup)
            return Peak * Math.Min(1, (step + 1) / warmup);
        double left = Math.Clamp((totalSteps - step) / Math.Max(1, totalSteps - warmup), 0, 1);
        return Kind switch
        {
            ScheduleKind.Linear => Peak * left,
            ScheduleKind.Cosine => Peak * 0.5 * (1 - Math.Cos(Math.PI * left)),
            ScheduleKind.Constant => Peak,
            _ => throw new InvalidOperationException($"no schedule {Kind}"),
        };
    }
}
