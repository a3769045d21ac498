using System.Text.Json;
using Xunit;

namespace BareBert.Tests;

/// <summary>A run that was stopped and goes on is, byte for byte, the run that never stopped.</summary>
public sealed class ResumeTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Theory]
    [InlineData(8, 1)]
    [InlineData(4, 2)]
    public void Three_steps_and_three_more_are_six_steps(int batchSize, int accumulate)
    {
        using var straight = new TinyRun(PathOf("straight"), batchSize: batchSize, accumulate: accumulate);
        Assert.Equal(TrainingEnd.Finished, straight.Train());
        using (var first = new TinyRun(PathOf("stopped"), batchSize: batchSize, accumulate: accumulate))
            Assert.Equal(TrainingEnd.Interrupted, first.TrainUntil(3));
        using var second = new TinyRun(PathOf("stopped"), resume: true, batchSize: batchSize, accumulate: accumulate);
        Assert.Equal(TrainingEnd.Finished, second.Train());

        Assert.Equal(straight.Saved().Weights, second.Saved().Weights);
        Assert.Equal(straight.Saved().Moments, second.Saved().Moments);
        Assert.Equal(TrainLines(straight), TrainLines(second));
        Assert.Equal(EvaluationLines(straight), EvaluationLines(second));
    }

    /// <summary>A line is the mean over the steps since the last one, whether or not the run was stopped among them.</summary>
    [Fact]
    public void Between_two_lines_of_the_log()
    {
        TrainerOptions options = TinyRun.Options with { LogEvery = 4, Steps = 8 };
        using var straight = new TinyRun(PathOf("straight"));
        straight.Train(options);
        using (var first = new TinyRun(PathOf("stopped")))
            Assert.Equal(TrainingEnd.Interrupted, first.TrainUntil(6, options));
        using var second = new TinyRun(PathOf("stopped"), resume: true);
        Assert.Equal(TrainingEnd.Finished, second.Train(options));
        Assert.Equal(2, TrainLines(straight).Count());
        Assert.Equal(TrainLines(straight), TrainLines(second));
    }

    [Fact]
    public void Across_the_end_of_an_epoch()
    {
        int epoch = TinyRun.Corpus.Train.Plan(0).Count / 8 + 1;
        TrainerOptions options = TinyRun.Options with { Steps = epoch + 3 };
        using var straight = new TinyRun(PathOf("straight"));
        straight.Train(options);
        using (var first = new TinyRun(PathOf("stopped")))
            first.TrainUntil(epoch - 1, options);
        using (var second = new TinyRun(PathOf("stopped"), resume: true))
            second.TrainUntil(epoch + 1, options);
        using var third = new TinyRun(PathOf("stopped"), resume: true);
        third.Train(options);
        Assert.Equal(straight.Saved().Weights, third.Saved().Weights);
        Assert.Equal(straight.Saved().Moments, third.Saved().Moments);
        Assert.Equal(EvaluationLines(straight), EvaluationLines(third));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Before_at_and_after_the_border_of_a_stage(int stop)
    {
        SequenceLengths lengths = SequenceLengths.Of(8, 12, 24);
        using var straight = new TinyRun(PathOf("straight"), lengths: lengths);
        straight.Train();
        Assert.Equal(["length 8", "length 12", "length 24"], Events(straight, "train").Select(e => e.GetProperty("stage").GetString()).Distinct());
        using (var first = new TinyRun(PathOf("stopped"), lengths: lengths))
            Assert.Equal(TrainingEnd.Interrupted, first.TrainUntil(stop));
        using var second = new TinyRun(PathOf("stopped"), resume: true, lengths: lengths);
        second.Train();
        Assert.Equal(straight.Saved().Weights, second.Saved().Weights);
        Assert.Equal(straight.Saved().Moments, second.Saved().Moments);
        Assert.Equal(TrainLines(straight), TrainLines(second));
        Assert.Equal(EvaluationLines(straight), EvaluationLines(second));
    }

    [Fact]
    public void Within_epochs_that_the_borders_of_stages_cut()
    {
        TrainerOptions options = TinyRun.Options with { Steps = null, Epochs = 2 };
        SequenceLengths lengths = SequenceLengths.Of(8, 12, 24);
        using var straight = new TinyRun(PathOf("straight"), lengths: lengths);
        straight.Train(options);
        int[] steps = [.. Events(straight, "train").Select(e => e.GetProperty("step").GetInt32())];
        Assert.Equal(Enumerable.Range(1, steps.Length), steps);
        Assert.Equal([1.0, 2.0], Events(straight, "eval").Where(e => e.GetProperty("split").GetString() == "valid").Select(e => e.GetProperty("epoch").GetDouble()));
        int[] borders = [.. Events(straight, "train").GroupBy(e => e.GetProperty("stage").GetString()).Select(stage => stage.First().GetProperty("step").GetInt32())];
        Assert.Equal(3, borders.Length);
        foreach (int stop in (int[])[borders[1] - 1, borders[1], borders[2] - 1, borders[2], steps.Length - 1])
        {
            using (var first = new TinyRun(PathOf($"stopped-{stop}"), lengths: lengths))
                first.TrainUntil(stop, options);
            using var second = new TinyRun(PathOf($"stopped-{stop}"), resume: true, lengths: lengths);
            second.Train(options);
            Assert.Equal(straight.Saved().Weights, second.Saved().Weights);
            Assert.Equal(TrainLines(straight), TrainLines(second));
            Assert.Equal(EvaluationLines(straight), EvaluationLines(second));
        }
    }

    [Fact]
    public void Another_number_of_threads_changes_no_bit()
    {
        (byte[] Weights, byte[] Moments)[] saved = [.. new[] { 1, 2, 3 }.Select(threads =>
        {
            using var run = new TinyRun(PathOf($"threads-{threads}"), threads: threads);
            run.Train(TinyRun.Options with { Steps = 3 });
            return run.Saved();
        })];
        Assert.All(saved, one =>
        {
            Assert.Equal(saved[0].Weights, one.Weights);
            Assert.Equal(saved[0].Moments, one.Moments);
        });
    }

    [Fact]
    public void Another_seed_changes_the_run()
    {
        using var one = new TinyRun(PathOf("one"));
        using var other = new TinyRun(PathOf("other"));
        one.Train(TinyRun.Options with { Steps = 2 });
        other.Train(TinyRun.Options with { Steps = 2, Seed = 8 });
        Assert.NotEqual(one.Saved().Weights, other.Saved().Weights);
    }

    private static string[] TrainLines(TinyRun run) => [.. Events(run, "train").Select(e =>
        $"{e.GetProperty("step")} {e.GetProperty("loss")} {e.GetProperty("lr")} {e.GetProperty("grad_norm")}")];

    // All but how long it took.
    private static string[] EvaluationLines(TinyRun run) => [.. Events(run, "eval").Select(e =>
        string.Join(' ', e.EnumerateObject().Where(p => p.Name != "seconds").Select(p => $"{p.Name} {p.Value.GetRawText()}")))];

    private static IEnumerable<JsonElement> Events(TinyRun run, string name) => File.ReadLines(run.Directory.Metrics)
        .Select(line => JsonDocument.Parse(line).RootElement)
        .Where(e => e.GetProperty("event").GetString() == name);

    private string PathOf(string name) => Path.Combine(_temporary.Path, name);
}
