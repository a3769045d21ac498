using System.Text;
using BareBert.Watch;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BareBert.Tests;

/// <summary>metrics.jsonl read while it is written, replaced, damaged.</summary>
public sealed class MetricsTailTests : IDisposable
{
    private readonly WatchedFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_has_come_is_read_once_and_a_line_that_is_not_whole_waits()
    {
        string run = _folder.Add("a"), file = Path.Combine(run, "metrics.jsonl");
        var tail = new MetricsTail(file);
        Assert.False(tail.Read());
        WatchedFolder.Train(run, 1, 10);
        Assert.True(tail.Read());
        Assert.False(tail.Read());
        Assert.Equal((10, 10.0, 1), (tail.Series["train/loss"].Count, tail.Step, tail.Evaluations.Count));
        File.AppendAllText(file, """{"event":"train","step":11,"epo""");
        tail.Read();
        Assert.Equal(10, tail.Series["train/loss"].Count);
        File.AppendAllText(file, "ch\":0.11,\"loss\":7}\n");
        Assert.True(tail.Read());
        Assert.Equal((11, 7.0, 0), (tail.Series["train/loss"].Count, tail.Series["train/loss"].Last, tail.BadLines));
        Assert.Equal([new("loss", 1.25), new("perplexity", 3.5), new("accuracy", null)], tail.Evaluations[0].Metrics);
    }

    /// <summary>A run that is resumed writes the file anew, without the steps after its checkpoint: shorter, or by the next look longer.</summary>
    [Theory]
    [InlineData(5)]
    [InlineData(50)]
    public void A_file_that_was_replaced_is_read_anew(int steps)
    {
        string run = _folder.Add("a"), file = Path.Combine(run, "metrics.jsonl");
        WatchedFolder.Train(run, 1, 20, loss: _ => 1);
        var tail = new MetricsTail(file);
        tail.Read();
        File.Delete(file);
        WatchedFolder.Train(run, 1, steps, loss: _ => 2);
        Assert.True(tail.Read());
        Assert.Equal((steps, 2.0), (tail.Series["train/loss"].Count, tail.Series["train/loss"].Take(1)[0].Mean));
    }

    [Fact]
    public void What_is_no_metric_is_counted_and_left_out()
    {
        string run = _folder.Add("a"), file = Path.Combine(run, "metrics.jsonl");
        File.WriteAllText(file, "\n17\nnull\n{\"event\":\"train\"}\n{\"event\":3,\"step\":1,\"epoch\":0}\n[{}]\nnonsense\n{\"event\":\"eval\",\"step\":1,\"epoch\":1,\"split\":\"valid\",\"loss\":1,\"loss\":2}\n{\"event\":\"train\",\"step\":1,\"epoch\":0,\"loss\":2,\"note\":\"text\"}\r\n");
        var tail = new MetricsTail(file);
        Assert.True(tail.Read());
        Assert.Equal((7, 2.0), (tail.BadLines, tail.Series["train/loss"].Last));
        Assert.Single(tail.Series);
    }

    [Fact]
    public void Damage_of_any_kind_breaks_nothing()
    {
        string run = _folder.Add("a"), file = Path.Combine(run, "metrics.jsonl");
        WatchedFolder.Train(run, 1, 12);
        byte[] good = File.ReadAllBytes(file);
        Prop.ForAll(Gen.OneOf(Mutations.Of(good), Mutations.Noise(300)).ToArbitrary(), damaged =>
        {
            File.WriteAllBytes(file, damaged);
            var tail = new MetricsTail(file);
            tail.Read();
            return tail.Series.Values.All(series => series.Take(600).All(p => double.IsFinite(p.Mean)));
        }).HoldsFor();
    }

    [Fact]
    public void A_line_without_an_end_takes_no_memory_without_an_end()
    {
        string run = _folder.Add("a"), file = Path.Combine(run, "metrics.jsonl");
        File.WriteAllBytes(file, Encoding.UTF8.GetBytes(new string('x', 5 << 20)));
        var tail = new MetricsTail(file);
        tail.Read();
        File.AppendAllText(file, "\n{\"event\":\"train\",\"step\":1,\"epoch\":0,\"loss\":2}\n");
        tail.Read();
        Assert.Equal(2, tail.Series["train/loss"].Last);
    }
}
