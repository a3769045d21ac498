using System.Text.Json;
using Xunit;

namespace BareBert.Tests;

/// <summary>What the verbs print when all goes well.</summary>
[Collection(nameof(CliCollection))]
public sealed class VerbTests(TrainedRun run)
{
    [Theory]
    [InlineData(109_482_240)]
    [InlineData(110_106_428, "--task", "pretraining")]
    [InlineData(109_486_085, "--task", "classification", "--labels", "5")]
    public void Info_counts_exactly(long expected, params string[] task)
    {
        JsonElement info = CliRun.Of(["info", "--model", "base", .. task, "--json"]).Json();
        Assert.Equal(expected, info.GetProperty("parameters").GetInt64());
        Assert.Equal(expected, info.GetProperty("tensors").EnumerateArray().Sum(t => t.GetProperty("parameters").GetInt64()));
        Assert.All(info.GetProperty("tensors").EnumerateArray(), t => Assert.Equal(
            t.GetProperty("parameters").GetInt64(), t.GetProperty("shape").EnumerateArray().Aggregate(1L, (n, d) => n * d.GetInt64())));
        Assert.Equal(109_482_240, info.GetProperty("without_head").GetInt64());
        string[] names = [.. info.GetProperty("tensors").EnumerateArray().Select(t => t.GetProperty("name").GetString()!)];
        Assert.Contains(names, name => name.EndsWith("encoder.layer.11.attention.self.query.weight", StringComparison.Ordinal));
        Assert.Contains($"{expected:N0}", CliRun.Of(["info", "--model", "base", .. task]).Succeeded().Out);
    }

    /// <summary>A head that reads no pooler has none below it.</summary>
    [Theory]
    [InlineData("--task", "tokens", "--labels", "3")]
    [InlineData("--task", "masked-lm")]
    public void Info_counts_no_pooler_that_is_not_there(params string[] task)
    {
        JsonElement info = CliRun.Of(["info", "--model", "base", .. task, "--json"]).Json();
        Assert.Equal(109_482_240 - (768 * 768 + 768), info.GetProperty("without_head").GetInt64());
    }

    [Fact]
    public void Tokenize_gives_a_models_inputs()
    {
        JsonElement sequence = Only(CliRun.Of("tokenize", "--vocab", run.Vocabulary, "The cat", "--pair", "a  DOG.", "--json").Json(), "sequences");
        string[] vocabulary = File.ReadAllLines(run.Vocabulary);
        string[] tokens = ["[CLS]", "the", "cat", "[SEP]", "a", "dog", ".", "[SEP]"];
        Assert.Equal(tokens, Strings(sequence, "tokens"));
        Assert.Equal(tokens.Select(t => Array.IndexOf(vocabulary, t)), Ints(sequence, "input_ids"));
        Assert.Equal([0, 0, 0, 0, 1, 1, 1, 1], Ints(sequence, "token_type_ids"));
        Assert.Equal([1, 1, 1, 1, 1, 1, 1, 1], Ints(sequence, "attention_mask"));
        Assert.Equal("[[0,0],[0,3],[4,7],[0,0],[0,1],[3,6],[6,7],[0,0]]",
            JsonSerializer.Serialize(sequence.GetProperty("offsets").EnumerateArray().Select(o => o.EnumerateArray().Select(i => i.GetInt32()))));
        Assert.False(sequence.GetProperty("truncated").GetBoolean());
    }

    [Fact]
    public void Tokenize_cuts_and_says_so()
    {
        JsonElement sequence = Only(CliRun.Of("tokenize", "--model", run.Run, "the cat sees the dog", "--max-length", "4", "--json").Json(), "sequences");
        Assert.Equal(["[CLS]", "the", "cat", "[SEP]"], Strings(sequence, "tokens"));
        Assert.True(sequence.GetProperty("truncated").GetBoolean());
        Assert.Contains("(cut at --max-length)", CliRun.Of("tokenize", "--model", run.Run, "the cat sees the dog", "--max-length", "4").Succeeded().Out);
    }

    [Fact]
    public void Tokenize_reads_lines_of_standard_input() =>
        Assert.Equal(2, CliRun.Reading("the cat\nthe dog\n", "tokenize", "--vocab", run.Vocabulary, "--json").Json().GetProperty("sequences").GetArrayLength());

    [Fact]
    public void Fill_mask_gives_the_likeliest_words_of_each_mask()
    {
        JsonElement text = Only(CliRun.Of("fill-mask", "--model", run.Run, "the [MASK] sees a [MASK].", "--top", "4", "--json").Json(), "texts");
        JsonElement[] masks = [.. text.GetProperty("masks").EnumerateArray()];
        Assert.Equal([2, 5], masks.Select(m => m.GetProperty("position").GetInt32()));
        string[] vocabulary = File.ReadAllLines(run.Vocabulary);
        foreach (JsonElement mask in masks)
        {
            JsonElement[] guesses = [.. mask.GetProperty("guesses").EnumerateArray()];
            double[] probabilities = [.. guesses.Select(g => g.GetProperty("probability").GetDouble())];
            Assert.Equal(4, guesses.Length);
            Assert.Equal(probabilities.OrderDescending(), probabilities);
            Assert.True(probabilities.Sum() <= 1 && probabilities[^1] > 0);
            Assert.All(guesses, g => Assert.Equal(vocabulary[g.GetProperty("id").GetInt32()], g.GetProperty("token").GetString()));
        }
        JsonElement all = Only(CliRun.Of("fill-mask", "--model", run.Run, "[MASK]", "--top", $"{vocabulary.Length}", "--json").Json(), "texts");
        double sum = Only(all, "masks").GetProperty("guesses").EnumerateArray().Sum(g => g.GetProperty("probability").GetDouble());
        Assert.True(Math.Abs(sum - 1) <= 1e-5, $"{sum}");
        CliRun.Of("fill-mask", "--model", run.Run, "no mask here").Refused("[MASK]");
    }

    [Fact]
    public void A_run_leaves_what_it_promises()
    {
        Assert.Equal((10, "finished"), (run.Log.GetProperty("steps").GetInt32(), run.Log.GetProperty("end").GetString()));
        string[] model = ["config.json", "model.safetensors", "vocab.txt", "tokenizer_config.json", CheckpointSeal.FileName];
        Assert.Superset(model.ToHashSet(), NamesIn("best"));
        Assert.Superset(model.Append("optimizer.safetensors").Append("trainer_state.json").ToHashSet(), NamesIn("checkpoint"));
        JsonElement options = JsonDocument.Parse(File.ReadAllText(Path.Combine(run.Run, "run.json"))).RootElement.GetProperty("options");
        Assert.Equal((8, 10), (options.GetProperty("batch-size").GetInt32(), options.GetProperty("steps").GetInt32()));
        JsonElement[] lines = Metrics(run.Run);
        string[] train = ["epoch", "event", "grad_norm", "loss", "lr", "mlm_loss", "nsp_loss", "step", "tokens_per_s"];
        Assert.Equal(train, Names(lines.First(l => l.GetProperty("event").GetString() == "train")));
        Assert.Equal([0, 5, 10], EvaluatedSteps(lines));
        Assert.All(lines.Where(l => l.GetProperty("event").GetString() == "eval"), l =>
            Assert.Equal(Math.Exp(l.GetProperty("mlm_loss").GetDouble()), l.GetProperty("mlm_perplexity").GetDouble(), 1e-9));
    }

    [Fact]
    public void A_second_stage_begins_with_the_best_model_of_the_first()
    {
        string next = run.New();
        string[] go = [.. run.Pretrain(next), "--steps", "1"];
        int vocabulary = Array.IndexOf(go, "--vocab");
        CliRun.Of([.. go.Select(arg => arg == run.Config ? run.Run : arg)]).Refused("--vocab cannot be changed");
        CliRun.Of([.. go.Where((_, i) => i != vocabulary && i != vocabulary + 1).Select(arg => arg == run.Config ? run.Run : arg)]).Succeeded();
        JsonElement first = Metrics(next).First(l => l.GetProperty("event").GetString() == "eval" && l.GetProperty("split").GetString() == "valid");
        Assert.Equal(run.Log.GetProperty("best_value").GetDouble(), first.GetProperty("mlm_loss").GetDouble());
    }

    [Fact]
    public void Evaluate_gives_exactly_what_training_logged()
    {
        foreach ((string folder, int step) in new[] { ("checkpoint", 10), ("best", run.Log.GetProperty("best_step").GetInt32()) })
        {
            JsonElement splits = CliRun.Of("evaluate", "--model", Path.Combine(run.Run, folder), "--threads", "1", "--json").Json().GetProperty("splits");
            JsonElement[] logged = [.. Metrics(run.Run).Where(l => l.GetProperty("event").GetString() == "eval" && l.GetProperty("step").GetInt32() == step)];
            Assert.Equal(["valid", "test"], logged.Select(l => l.GetProperty("split").GetString()));
            foreach (JsonElement line in logged)
            {
                JsonElement split = splits.GetProperty(line.GetProperty("split").GetString()!);
                Assert.Contains("mlm_perplexity", Names(split));
                Assert.All(split.EnumerateObject(), metric => Assert.Equal(line.GetProperty(metric.Name).GetDouble(), metric.Value.GetDouble()));
            }
        }
    }

    [Fact]
    public void Evaluate_with_every_token_masked_in_turn()
    {
        JsonElement splits = CliRun.Of("evaluate", "--model", run.Run, "--pseudo-perplexity", "--limit", "3", "--json").Json().GetProperty("splits");
        Assert.All(splits.EnumerateObject(), split =>
        {
            Assert.Equal(3, split.Value.GetProperty("sentences").GetInt32());
            Assert.InRange(split.Value.GetProperty("pseudo_perplexity").GetDouble(), 1, 1e4);
        });
        string foreign = Directory.CreateDirectory(run.New()).FullName;
        File.WriteAllText(Path.Combine(foreign, "valid.txt"), "Ω Ж\n");
        CliRun.Of("evaluate", "--model", run.Run, "--data", foreign, "--pseudo-perplexity").Refused("nothing to score", "valid");
    }

    [Fact]
    public void Flags_win_over_the_options_file()
    {
        string yaml = run.New(), directory = run.New();
        File.WriteAllText(yaml, "steps: 1\nseed: 5\nmask-prob: 0.2\n");
        CliRun.Of([.. run.Pretrain(directory), "--config", yaml, "--steps", "2", "--json"]).Succeeded();
        JsonElement options = JsonDocument.Parse(File.ReadAllText(Path.Combine(directory, "run.json"))).RootElement.GetProperty("options");
        Assert.Equal((2, 5, 0.2), (options.GetProperty("steps").GetInt32(), options.GetProperty("seed").GetInt32(), options.GetProperty("mask-prob").GetDouble()));
    }

    [Fact]
    public void Earlier_checkpoints_are_kept_and_can_be_evaluated()
    {
        string directory = run.New();
        CliRun.Of([.. run.Pretrain(directory), "--steps", "6", "--save-every", "2", "--keep", "3", "--eval-limit", "8"]).Succeeded();
        Assert.Equal(["best", "checkpoint", "checkpoint-2", "checkpoint-4"], Directory.EnumerateDirectories(directory).Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal));
        Assert.True(CliRun.Of("evaluate", "--model", Path.Combine(directory, "checkpoint-2"), "--data", run.Data, "--json").Json().TryGetProperty("splits", out _));
    }

    [Fact]
    public void Without_json_the_end_is_a_table()
    {
        string[] args = [.. run.Pretrain(run.New()).Where(arg => arg != "--quiet"), "--steps", "2"];
        string printed = CliRun.Of(args).Succeeded().Out;
        Assert.Contains("perplexity", printed);
        Assert.Contains("unigram", printed);
        Assert.Contains("2 steps", printed);
    }

    private HashSet<string> NamesIn(string folder) => [.. Directory.EnumerateFiles(Path.Combine(run.Run, folder)).Select(f => Path.GetFileName(f))];

    private static JsonElement[] Metrics(string directory) =>
        [.. File.ReadLines(Path.Combine(directory, "metrics.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)];

    private static int[] EvaluatedSteps(JsonElement[] lines) =>
        [.. lines.Where(l => l.GetProperty("event").GetString() == "eval" && l.GetProperty("split").GetString() == "valid").Select(l => l.GetProperty("step").GetInt32())];

    private static JsonElement Only(JsonElement json, string name) => Assert.Single(json.GetProperty(name).EnumerateArray());

    private static string[] Names(JsonElement json) => [.. json.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal)];

    private static IEnumerable<string?> Strings(JsonElement json, string name) => json.GetProperty(name).EnumerateArray().Select(item => item.GetString());

    private static IEnumerable<int> Ints(JsonElement json, string name) => json.GetProperty(name).EnumerateArray().Select(item => item.GetInt32());
}
