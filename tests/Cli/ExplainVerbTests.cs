using System.Text.Json;
using Xunit;

namespace BareBert.Tests;

/// <summary>explain as a user calls it.</summary>
[Collection(nameof(CliCollection))]
public sealed class ExplainVerbTests(TrainedRun run) : IDisposable
{
    private const string Text = "the [MASK] sees the dog .";

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void The_answer_that_is_explained_is_the_one_that_fill_mask_gives()
    {
        string page = _scratch["page.html"];
        JsonElement guess = CliRun.Of("fill-mask", Text, "--json", "--model", run.Run).Json().GetProperty("texts")[0].GetProperty("masks")[0].GetProperty("guesses")[0];
        JsonElement seen = CliRun.Of("explain", Text, "--model", run.Run, "--compare", run.Run, "--json", "--out", page).Json().GetProperty("explanations");
        Assert.Equal(2, seen.GetArrayLength());
        Assert.Equal(guess.GetProperty("token").GetString(), seen[0].GetProperty("attribution").GetProperty("target").GetString());
        JsonElement last = seen[0].GetProperty("layers").EnumerateArray().Last().GetProperty("answers")[0];
        Assert.Equal(guess.GetProperty("probability").GetDouble(), last.GetProperty("probability").GetDouble(), 1e-6);
        string html = File.ReadAllText(page);
        Assert.Contains(run.Run, html);
        Assert.DoesNotContain("{{", html);
        Assert.DoesNotContain("http", html.Replace("http://www.w3.org/2000/svg", ""));
    }

    /// <summary>As a classifier is, with what it was fine-tuned from, of a text that has nothing to guess.</summary>
    [Fact]
    public void What_cannot_answer_is_compared_by_where_it_looks()
    {
        string data = _scratch.File("data.csv", "text,label\nthe cat sees,1\nthe dog sees,0\nthe bird finds,1\nthe fish finds,0\n"), classifier = run.New();
        CliRun.Of("finetune", "--task", "classification", "--data", data, "--model", run.Run, "--steps", "1", "--out", classifier, "--quiet").Succeeded();
        CliRun result = CliRun.Of("explain", "the cat sees the dog .", "--model", classifier, "--compare", run.Run, "--json");
        JsonElement seen = result.Json().GetProperty("explanations");
        Assert.Equal(JsonValueKind.Object, seen[0].GetProperty("attribution").ValueKind);
        Assert.Equal((JsonValueKind.Null, 0), (seen[1].GetProperty("attribution").ValueKind, seen[1].GetProperty("layers").GetArrayLength()));
        Assert.NotEqual(0, seen[1].GetProperty("attention").GetArrayLength());
        Assert.Contains("the text has no [MASK]", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_input_is_refused()
    {
        string there = _scratch.File("there.html", "kept");
        CliRun.Of("explain", "--model", run.Run).Refused("one text is explained");
        CliRun.Of("explain", Text, "--model", run.Run, "--question", "who").Refused("--context");
        CliRun.Of("explain", Text, "--model", run.Run, "--out", there).Refused("there is something already", there, "--overwrite");
        Assert.Equal("kept", File.ReadAllText(there));
        CliRun.Of("explain", "the cat", "--model", run.Run, "--json").Refused("the text has no [MASK]");
        CliRun.Of("explain", string.Concat(Enumerable.Repeat("the cat ", 30)) + "[MASK]", "--model", run.Run, "--json").Refused("no [MASK] within the 32 tokens");
        CliRun.Of("explain", Text, "--model", run.Run, "--target", "no such word", "--json").Refused("--target no such word");
        CliRun.Of("explain", Text, "--model", run.Run, "--points", "0", "--json").Refused("--points 0");
    }
}
