using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BareBert.Tests;

/// <summary>How often to save, as people write it.</summary>
public sealed class SaveIntervalTests
{
    [Theory]
    [InlineData("0", 0, 0)]
    [InlineData("500", 500, 0)]
    [InlineData("5m", 0, 300)]
    [InlineData("90s", 0, 90)]
    [InlineData("1h30m", 0, 5400)]
    public void Steps_or_time(string text, int steps, double seconds)
    {
        SaveInterval interval = SaveInterval.Parse("--save-every", text);
        Assert.Equal((steps, seconds), (interval.Steps, interval.Time.TotalSeconds));
        Assert.Equal(interval, SaveInterval.Parse("--save-every", interval.ToString()));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("0m")]
    [InlineData("soon")]
    [InlineData("")]
    [InlineData("99999999999")]
    public void Neither(string text) => Refusals.Of(() => SaveInterval.Parse("--save-every", text), "--save-every");

    [Fact]
    public void Any_text_is_read_or_refused() =>
        Prop.ForAll((string? text) => Refusals.SucceedsOrRefuses(() => SaveInterval.Parse("--save-every", text ?? ""))).HoldsFor();

    [Fact]
    public void Runs_of_earlier_versions_wrote_steps_as_a_number()
    {
        var options = OptionsJson.Read<PretrainerOptions>(new() { ["save-every"] = 7 }, "run.json");
        Assert.Equal(7, options.SaveEvery.Steps);
        Assert.Equal("7", (string?)OptionsJson.WriteRecord(options)["save-every"]);
        Assert.Equal("300s", (string?)OptionsJson.WriteRecord(new PretrainerOptions())["save-every"]);
    }
}
