using System.Text.RegularExpressions;
using BareBert.Cli;
using Xunit;

namespace BareBert.Tests;

/// <summary>The library names settings by their properties, the program by its flags.</summary>
public sealed partial class SettingNamesTests
{
    [Theory]
    [InlineData("`SequenceLength` 999 is over the model's 512 positions", "--seq-len 999 is over the model's 512 positions")]
    [InlineData("lower `LearningRate` or raise `Warmup`", "lower --lr or raise --warmup")]
    [InlineData("`RunOpening.Resume` runs/a to go on", "--resume runs/a to go on")]
    [InlineData("a `word` of one's own", "a word of one's own")]
    [InlineData("no setting at all", "no setting at all")]
    public void A_setting_becomes_its_flag(string message, string shown) => Assert.Equal(shown, SettingNames.WithFlags(message));

    /// <summary>Below the program no string has a flag of its, and every setting that a message names has one.</summary>
    [Fact]
    public void The_floors_below_do_not_speak_the_programs_language()
    {
        foreach (string floor in new[] { "Tensor", "Simt", "Kernels", "Autograd", "Bert" })
        {
            foreach (string file in Sources.Of("src", floor))
            {
                foreach (string line in File.ReadLines(file).Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal)))
                {
                    foreach (Match text in Text().Matches(line))
                    {
                        // Docker's flag and CSS's variables are no settings of ours.
                        Assert.True(!Flag().IsMatch(text.Value.Replace("--gpus all", "").Replace("var(--", "")), $"{file}: {line.Trim()}");
                        Assert.All(Setting().Matches(text.Value), setting => Assert.True(SettingNames.Knows(setting.Groups[1].Value), $"{file}: {setting.Value}"));
                    }
                }
            }
        }
    }

    [GeneratedRegex(@"(?<!\\)""(?:\\.|[^""\\])*""")]
    private static partial Regex Text();

    [GeneratedRegex(@"(?<![\w-])--[a-z]")]
    private static partial Regex Flag();

    [GeneratedRegex(@"`([A-Z][A-Za-z0-9.]*)`")]
    private static partial Regex Setting();
}
