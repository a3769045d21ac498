using System.Text.Json;
using Xunit;

namespace BareBert.Tests;

/// <summary>pretrain --seq-len 16:32: where the stages show, and what a run has that was not told.</summary>
[Collection(nameof(CliCollection))]
public sealed class PretrainStagesTests(TrainedRun run)
{
    [Fact]
    public void Stages_are_recorded_and_each_is_named_wherever_its_figures_stand()
    {
        string directory = run.New();
        CliRun printed = CliRun.Of([.. Arguments(directory, "8:16:32"), "--steps", "30", "--eval-every", "10"]).Succeeded();
        Assert.Equal("8:16:32", Options(directory).GetProperty("seq-len").GetString());
        Assert.Equal(32, RunJson(directory).GetProperty("data").GetProperty("sequence_length").GetInt32());
        Assert.Equal(["length 8", "length 16", "length 32"], File.ReadLines(Path.Combine(directory, "metrics.jsonl"))
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("stage").GetString()).Distinct());
        TrainerState state = TrainerState.Read(Path.Combine(directory, "checkpoint", CheckpointNames.TrainerState));
        Assert.Equal(3, state.StageStarts.Count);
        Assert.Contains("length 32", state.History.Select(e => e.Stage));
        foreach (string shown in (string[])[printed.Out, File.ReadAllText(Path.Combine(directory, "report.html"))])
        {
            Assert.Contains("stages: length 8 from step 1 to 15, length 16 from step 16 to", shown);
            Assert.Contains("length 32", shown);
        }
        Assert.Matches("length 8 +step", CliRun.Of([.. Arguments(run.New(), "8:16"), "--steps", "3", "--no-first-evaluation"]).Succeeded().Out);
        Assert.Contains("8:16:32", File.ReadAllText(Path.Combine(directory, "best", "README.md")));
        JsonElement evaluated = CliRun.Of("evaluate", "--model", directory, "--json").Json().GetProperty("splits").GetProperty("valid");
        Assert.Equal(state.History.Last(e => e.Split == "valid" && e.Step == state.BestStep).Metrics["mlm_loss"], evaluated.GetProperty("mlm_loss").GetDouble());
    }

    [Fact]
    public void Batches_of_all_stages_hold_about_as_many_tokens()
    {
        string directory = run.New();
        CliRun.Of([.. Arguments(directory, "8:16:32"), "--steps", "90"]).Succeeded();
        string[] lines = File.ReadAllLines(Path.Combine(directory, "metrics.jsonl"));
        Assert.Contains(lines, line => line.Contains("\"stage\":\"length 16\""));
        TrainerState state = TrainerState.Read(Path.Combine(directory, "checkpoint", CheckpointNames.TrainerState));
        Assert.InRange(state.Tokens / 90.0, 0.5 * 8 * 32, 8 * 32);
    }

    [Theory]
    [InlineData(64, "32:64")]
    [InlineData(32, "32")]
    [InlineData(24, "24")]
    [InlineData(512, "32:64:128")]
    public void Unless_told_otherwise_a_new_model_begins_with_short_sequences(int positions, string lengths)
    {
        string config = run.New() + ".json", directory = run.New();
        File.WriteAllText(config, File.ReadAllText(run.Config).Replace("\"max_position_embeddings\": 32", $"\"max_position_embeddings\": {positions}"));
        string[] args = [.. Arguments(directory, null), "--steps", "5"];
        args[Array.IndexOf(args, run.Config)] = config;
        CliRun.Of(args).Succeeded();
        Assert.Equal(lengths, Options(directory).GetProperty("seq-len").GetString());
        // What is over the plateau goes on with the last length alone.
        string further = run.New();
        CliRun.Of("pretrain", "--data", run.Data, "--model", directory, "--cache", "none", "--quiet", "--steps", "2", "--out", further).Succeeded();
        Assert.Equal(lengths.Split(':')[^1], Options(further).GetProperty("seq-len").GetString());
        // So does a run that is too short for stages.
        string brief = run.New();
        args[Array.IndexOf(args, directory)] = brief;
        args[^1] = "1";
        CliRun.Of(args).Succeeded();
        Assert.Equal(lengths.Split(':')[^1], Options(brief).GetProperty("seq-len").GetString());
    }

    [Fact]
    public void A_run_from_before_there_were_stages_goes_on_as_it_began()
    {
        string directory = run.Copy(), path = Path.Combine(directory, "run.json"), state = Path.Combine(directory, "checkpoint", CheckpointNames.TrainerState);
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"seq-len\": \"32\"", "\"seq-len\": 32"));
        Assert.Equal(JsonValueKind.Number, Options(directory).GetProperty("seq-len").ValueKind);
        string text = File.ReadAllText(state), without = System.Text.RegularExpressions.Regex.Replace(text, @"\s*""stage_starts"": \[[^\]]*\],", "");
        Assert.NotEqual(text, without);
        File.WriteAllText(state, without);
        CheckpointSeal.Write(Path.Combine(directory, "checkpoint"));
        CliRun.Of("pretrain", "--resume", directory, "--steps", "12", "--quiet").Succeeded();
        Assert.All(File.ReadLines(Path.Combine(directory, "metrics.jsonl")), line => Assert.DoesNotContain("stage", line));
    }

    // A run whose words are printed.
    private string[] Arguments(string directory, string? lengths)
    {
        List<string> args = [.. run.Pretrain(directory).Where(arg => arg != "--quiet")];
        int at = args.IndexOf("--seq-len");
        if (lengths is null)
            args.RemoveRange(at, 2);
        else
            args[at + 1] = lengths;
        return [.. args];
    }

    private static JsonElement Options(string directory) => RunJson(directory).GetProperty("options");

    private static JsonElement RunJson(string directory) => JsonDocument.Parse(File.ReadAllText(Path.Combine(directory, "run.json"))).RootElement;
}
