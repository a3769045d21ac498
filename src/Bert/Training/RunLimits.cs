namespace BareBert.Bert.Training;

/// <summary>When a run ends: after so many epochs, steps or seconds, whichever is first.</summary>
internal sealed class RunLimits(TrainerOptions options)
{
    // Before so many steps the speed is unknown, and a run under a time budget takes this for its length.
    private const int WarmSteps = 10, GuessedSteps = 1000;

    /// <summary>Refuses limits that a run which goes on has left behind: it would do nothing, without a word.</summary>
    /// <exception cref="InputException">There are such.</exception>
    public void RequireWithin(TrainerState state)
    {
        foreach ((string name, int? most, int done) in new[] { (nameof(options.Steps), options.Steps, state.Step), (nameof(options.Epochs), options.Epochs, state.StepInEpoch > 0 ? state.Epoch + 1 : state.Epoch) })
        {
            if (done > most)
                throw new InputException($"`{name}` {most}: the run is at {done} already; give more, or leave it out");
        }
    }

    /// <summary>Whether one of them is reached.</summary>
    public bool AreReached(TrainerState state, double seconds) =>
        (options.Epochs is int epochs && state.Epoch >= epochs)
        || (options.Steps is int steps && state.Step >= steps)
        || (options.TimeBudget is TimeSpan budget && seconds >= budget.TotalSeconds);

    /// <summary>Steps of the whole run, as far as it can be known: epochs may differ by a step or two, and a time budget is a guess.</summary>
    /// <param name="state">Where the run stands.</param>
    /// <param name="stepsInEpoch">Steps of the epoch that goes on.</param>
    /// <param name="seconds">Since the run began.</param>
    public double Steps(TrainerState state, int stepsInEpoch, double seconds)
    {
        double total = StepsSaid(state, stepsInEpoch);
        return options.TimeBudget is TimeSpan budget
            ? Math.Min(total, Math.Max(state.Step + 1, state.Step < WarmSteps ? GuessedSteps : state.Step * budget.TotalSeconds / seconds)) : total;
    }

    /// <summary>The same for the borders of stages, each of which has its share of the time: without a guess before the speed is known.</summary>
    public double StepsByTheClock(TrainerState state, int stepsInEpoch, double seconds)
    {
        double total = Steps(state, stepsInEpoch, seconds);
        return options.TimeBudget is TimeSpan budget ? Math.Min(total, state.Step * budget.TotalSeconds / Math.Max(1e-9, seconds)) : total;
    }

    /// <summary>What is done of the run, 0 to 1, and the seconds that are left; NaN before the first step where only steps are limited.</summary>
    /// <remarks>Under a time budget it is what the clock says, unless the steps end sooner: how many steps fit into the rest is a guess that the first evaluation spoils.</remarks>
    public (double Fraction, double Seconds) Left(TrainerState state, int stepsInEpoch, double seconds, double secondsPerStep)
    {
        double said = StepsSaid(state, stepsInEpoch), fraction = state.Step / said;
        double left = state.Step > 0 ? (said - state.Step) * secondsPerStep : double.NaN;
        if (options.TimeBudget is TimeSpan budget)
        {
            fraction = Math.Max(fraction, seconds / budget.TotalSeconds);
            left = double.IsNaN(left) ? budget.TotalSeconds - seconds : Math.Min(left, budget.TotalSeconds - seconds);
        }
        return (Math.Clamp(fraction, 0, 1), Math.Max(0, left));
    }

    private double StepsSaid(TrainerState state, int stepsInEpoch)
    {
        double total = options.Steps ?? double.PositiveInfinity;
        return options.Epochs is int epochs ? Math.Min(total, state.Step - state.StepInEpoch + (double)(epochs - state.Epoch) * stepsInEpoch) : total;
    }
}
