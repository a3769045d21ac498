using Xunit;

namespace BareBert.Tests;

/// <summary>What is left of a run, as its progress says it.</summary>
public sealed class RunLimitsTests
{
    private static readonly TrainerState FortySteps = new() { Step = 40, StepInEpoch = 40 };

    [Fact]
    public void Under_a_time_budget_the_clock_says_what_is_left_however_long_the_first_evaluation_took()
    {
        // Forty steps of a quarter of a second behind an evaluation of twenty seconds.
        (double fraction, double left) = Limits(TimeSpan.FromHours(1)).Left(FortySteps, stepsInEpoch: 700, seconds: 30, secondsPerStep: 0.25);
        Assert.Equal((30.0 / 3600, 3570), (fraction, left));
    }

    [Fact]
    public void Steps_that_end_before_the_budget_are_what_is_left()
    {
        (double fraction, double left) = Limits(TimeSpan.FromHours(1), steps: 100).Left(FortySteps, stepsInEpoch: 700, seconds: 30, secondsPerStep: 0.25);
        Assert.Equal((0.4, 15), (fraction, left));
    }

    [Fact]
    public void Before_the_first_step_only_a_budget_is_known()
    {
        Assert.Equal(3590, Limits(TimeSpan.FromHours(1), epochs: 2).Left(new TrainerState(), stepsInEpoch: 700, seconds: 10, secondsPerStep: 0).Seconds);
        Assert.Equal(double.NaN, Limits(epochs: 2).Left(new TrainerState(), stepsInEpoch: 700, seconds: 10, secondsPerStep: 0).Seconds);
    }

    [Fact]
    public void Epochs_are_as_long_as_the_one_that_goes_on()
    {
        var state = new TrainerState { Step = 150, Epoch = 1, StepInEpoch = 50 };
        Assert.Equal((0.5, 75), Limits(epochs: 3).Left(state, stepsInEpoch: 100, seconds: 99, secondsPerStep: 0.5));
    }

    private static RunLimits Limits(TimeSpan? budget = null, int? epochs = null, int? steps = null) => new(new TrainerOptions
    {
        TimeBudget = budget, Epochs = epochs, Steps = steps,
        Schedule = new LearningRateSchedule(ScheduleKind.Constant, 1e-3, 0), RateOf = _ => new GroupRate(Decays: false), BestBy = "score",
    });
}
