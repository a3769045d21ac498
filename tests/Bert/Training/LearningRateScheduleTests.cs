using Xunit;

namespace BareBert.Tests;

public sealed class LearningRateScheduleTests
{
    [Theory]
    [InlineData(ScheduleKind.Linear, 4, 0, 0.25)]
    [InlineData(ScheduleKind.Linear, 4, 3, 1)]
    [InlineData(ScheduleKind.Linear, 4, 4, 1)]
    [InlineData(ScheduleKind.Linear, 4, 12, 0.5)]
    [InlineData(ScheduleKind.Linear, 4, 19, 1.0 / 16)]
    [InlineData(ScheduleKind.Linear, 0.2, 0, 0.25)]
    [InlineData(ScheduleKind.Linear, 0.2, 12, 0.5)]
    [InlineData(ScheduleKind.Linear, 0, 0, 1)]
    [InlineData(ScheduleKind.Linear, 0, 10, 0.5)]
    [InlineData(ScheduleKind.Cosine, 4, 4, 1)]
    [InlineData(ScheduleKind.Cosine, 4, 12, 0.5)]
    [InlineData(ScheduleKind.Cosine, 4, 8, 0.85355339059327378)]
    [InlineData(ScheduleKind.Constant, 4, 1, 0.5)]
    [InlineData(ScheduleKind.Constant, 4, 19, 1)]
    public void Of_20_steps(ScheduleKind kind, double warmup, int step, double expected)
    {
        double rate = new LearningRateSchedule(kind, 3e-4, warmup).At(step, 20);
        Assert.True(Math.Abs(rate - 3e-4 * expected) <= 1e-15, $"{rate}");
    }

    [Theory]
    [InlineData(ScheduleKind.Linear)]
    [InlineData(ScheduleKind.Cosine)]
    [InlineData(ScheduleKind.Constant)]
    public void No_step_is_wasted_and_none_exceeds_the_peak(ScheduleKind kind)
    {
        foreach (double warmup in new[] { 0, 0.1, 0.5, 1, 7, 100 })
        {
            foreach (int total in new[] { 1, 2, 10, 33 })
            {
                var schedule = new LearningRateSchedule(kind, 2, warmup);
                Assert.All(Enumerable.Range(0, total), step => Assert.InRange(schedule.At(step, total), double.Epsilon, 2));
            }
        }
    }
}
