using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BareBert.Tests;

public sealed class TrainingStageTests
{
    private static readonly TrainingStage[] Thirds = [new("a", 0.5), new("b", 0.3), new("c", 0.2)];

    [Theory]
    [InlineData(0, 0)]
    [InlineData(49, 0)]
    [InlineData(50, 1)]
    [InlineData(79, 1)]
    [InlineData(80, 2)]
    [InlineData(99, 2)]
    [InlineData(100, 2)]
    [InlineData(1000, 2)]
    public void Each_has_its_share_of_100_steps(int step, int stage) => Assert.Equal(stage, TrainingStage.At(Thirds, step, 100));

    [Fact]
    public void Of_a_run_without_stages_and_of_one_without_end() =>
        Assert.Equal((0, 0, 0), (TrainingStage.At([], 7, 10), TrainingStage.At([new("a", 1)], 7, 10), TrainingStage.At(Thirds, 1_000_000, double.PositiveInfinity)));

    [Fact]
    public void They_follow_one_another_and_none_is_left_out_where_there_are_so_many_steps() =>
        Prop.ForAll(Gen.Choose(1, 6).SelectMany(count => Gen.Choose(1, 100).ArrayOf(count)).ToArbitrary(), Gen.Choose(0, 40).ToArbitrary(), (weights, more) =>
        {
            TrainingStage[] stages = [.. weights.Select((weight, i) => new TrainingStage($"{i}", (double)weight / weights.Sum()))];
            int total = stages.Length + more;
            int[] entered = [.. Enumerable.Range(0, total).Select(step => TrainingStage.At(stages, step, total))];
            return entered.Order().SequenceEqual(entered) && entered.Distinct().SequenceEqual(Enumerable.Range(0, stages.Length));
        }).HoldsFor();
}
