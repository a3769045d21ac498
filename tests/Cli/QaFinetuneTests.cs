using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace BareBert.Tests;

/// <summary>finetune --task qa and predict --question as a user calls them.</summary>
[Collection(nameof(CliCollection))]
public sealed class QaFinetuneTests : IDisposable
{
    private static readonly string[] Windows = ["--max-length", "20", "--doc-stride", "6", "--max-question", "4"];

    private readonly Scratch _scratch = new();
    private readonly string _base, _train, _valid, _v2;

    public QaFinetuneTests()
    {
        _base = QaWorld.Save(_scratch["base"], BertTasks.Pretraining);
        _train = _scratch.File("train.json", QaWorld.Json(QaWorld.Make(1, 60)));
        _valid = _scratch.File("valid.json", QaWorld.Json(QaWorld.Make(2, 10)));
        _v2 = _scratch.File("v2.json", QaWorld.Json(QaWorld.Make(3, 40, unanswerable: true)));
    }

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void It_learns_reports_and_answers()
    {
        string run = _scratch["run"];
        JsonElement result = CliRun.Of([.. Finetune(_train, run), "--validation", _valid, "--epochs", "6", "--json"]).Json();
        JsonElement[] evaluations = [.. result.GetProperty("evaluations").EnumerateArray()];
        Assert.Equal(7, evaluations.Length);
        Assert.True(Value(evaluations[^1], "loss") < Value(evaluations[0], "loss"));
        Assert.True(Value(result.GetProperty("valid"), "f1") > Value(evaluations[0], "f1"));
        Assert.Equal(Value(result, "best_value"), Value(result.GetProperty("valid"), "f1"));
        JsonElement logged = File.ReadLines(Path.Combine(run, "metrics.jsonl")).Select(line => JsonDocument.Parse(line).RootElement).Last(line => line.GetProperty("event").GetString() == "eval");
        foreach (string metric in new[] { "em", "f1", "bleu", "rouge1", "rouge2", "rougeL", "meteor", "train_loss" })
            Assert.True(double.IsFinite(Value(logged, metric)), metric);
        string report = File.ReadAllText(Path.Combine(run, "report.html"));
        Assert.All(new[] { "METEOR", "ROUGE-L", "BLEU", "<svg" }, part => Assert.Contains(part, report));

        const string context = "😀 oak elm green ash twenty one yew";
        string[] ask = ["predict", "--model", run, "--question", "which colour", "--context", context];
        JsonElement said = CliRun.Of([.. ask, "--n-best", "4", "--json"]).Json();
        JsonElement[] best = [.. said.GetProperty("n_best").EnumerateArray()];
        Assert.Equal(4, best.Length);
        Assert.Equal(said.GetProperty("answer").GetString(), best[0].GetProperty("text").GetString());
        Assert.All(best, c => Assert.Equal(c.GetProperty("text").GetString(), context[c.GetProperty("start").GetInt32()..c.GetProperty("end").GetInt32()]));
        Assert.True(Math.Abs(best.Sum(c => Value(c, "probability")) - 1) <= 1e-9);
        Assert.Equal(said.GetProperty("answer").GetString(), CliRun.Of(ask).Succeeded().Out.Split('\n')[0]);
    }

    [Fact]
    public void Unanswerable_questions_get_a_threshold_that_evaluate_and_predict_use()
    {
        string run = _scratch["run"];
        CliRun trained = CliRun.Of([.. Finetune(_v2, run), "--validation-split", "0.25", "--epochs", "2", "--json"]);
        JsonElement valid = trained.Json().GetProperty("valid");
        Assert.Contains("1 of 4 articles with 30 questions are set aside", trained.Error);
        Assert.All(new[] { "has_answer_em", "no_answer_em" }, metric => Assert.InRange(Value(valid, metric), 0, 100));
        double threshold = Value(valid, "no_answer_threshold");
        JsonElement said = CliRun.Of(["predict", "--model", run, "--question", "which animal", "--context", "oak red elm", "--json"]).Json();
        Assert.Equal(threshold, Value(said, "no_answer_threshold"));
        Assert.Equal(Value(said, "no_answer_probability") > threshold, said.GetProperty("answer").GetString() == "");
        Assert.Contains(said.GetProperty("n_best").EnumerateArray(), c => c.GetProperty("text").GetString() == "");
        JsonElement evaluated = CliRun.Of(["evaluate", "--model", run, "--data", _v2, "--json"]).Json().GetProperty("splits").GetProperty("test");
        Assert.Equal(threshold, Value(evaluated, "no_answer_threshold"));
    }

    [Fact]
    public void It_resumes_bit_for_bit_and_only_on_the_same_data()
    {
        string straight = _scratch["straight"], halves = _scratch["halves"];
        CliRun.Of([.. Finetune(_v2, straight), "--steps", "12", "--schedule", "constant", "--warmup", "0", "--quiet"]).Succeeded();
        CliRun.Of([.. Finetune(_v2, halves), "--steps", "5", "--schedule", "constant", "--warmup", "0", "--quiet"]).Succeeded();
        CliRun.Of("finetune", "--resume", halves, "--steps", "12", "--quiet").Succeeded();
        foreach (string file in new[] { CheckpointNames.Weights, CheckpointNames.Optimizer, CheckpointNames.Config })
            Assert.Equal(File.ReadAllBytes(Path.Combine(straight, "checkpoint", file)), File.ReadAllBytes(Path.Combine(halves, "checkpoint", file)));
        _scratch.File("v2.json", QaWorld.Json(QaWorld.Make(4, 40, unanswerable: true)));
        CliRun.Of("finetune", "--resume", halves, "--steps", "14").Refused("not those that the run began with");
    }

    [Fact]
    public void Answers_that_do_not_stand_in_their_context_and_empty_questions_are_counted_and_left_out()
    {
        JsonNode data = JsonNode.Parse(QaWorld.Json(QaWorld.Make(1, 60)))!;
        JsonArray questions = data["data"]![0]!["paragraphs"]![0]!["qas"]!.AsArray();
        questions[0]!["answers"]![0]!["answer_start"] = 1;
        questions[1]!["question"] = " ";
        CliRun run = CliRun.Of([.. Finetune(_scratch.File("odd.json", data.ToJsonString()), _scratch["run"]), "--validation", _valid, "--steps", "1", "--json"]);
        JsonElement facts = JsonDocument.Parse(File.ReadAllText(Path.Combine(_scratch["run"], "run.json"))).RootElement.GetProperty("data");
        Assert.Equal(118, facts.GetProperty("train").GetInt32());
        Assert.Equal(2, run.Succeeded().Error.Split('\n').Count(line => line.Contains("1 answers do not stand in the context", StringComparison.Ordinal)
            || line.Contains("1 questions are empty", StringComparison.Ordinal)));
        Assert.Contains("2 training questions are empty, or have no answer", run.Error);
    }

    [Fact]
    public void A_frozen_encoders_output_takes_the_memory_that_is_given_and_the_rest_is_said()
    {
        string roomy = _scratch["roomy"], tight = _scratch["tight"];
        string[] frozen = ["--validation", _valid, "--method", "frozen", "--steps", "4", "--json"];
        CliRun all = CliRun.Of([.. Finetune(_train, roomy), .. frozen]), some = CliRun.Of([.. Finetune(_train, tight), .. frozen, "--feature-cache", "20KiB"]);
        Assert.True(Math.Abs(Value(all.Json().GetProperty("valid"), "loss") - Value(some.Json().GetProperty("valid"), "loss")) <= 1e-4);
        Assert.DoesNotContain("--feature-cache", all.Error);
        Assert.Contains("of which --feature-cache keeps 20 KiB", some.Error);
        Assert.Contains("the feature cache (20 KiB)", File.ReadAllText(Path.Combine(tight, "report.html")));
        Assert.Contains("keeps 20 KiB", CliRun.Of("finetune", "--resume", tight, "--steps", "6", "--json").Succeeded().Error);
        CliRun.Of([.. Finetune(_train, roomy), "--method", "frozen", "--feature-cache", "much"]).Refused("--feature-cache much", "4GiB, 500MB");
        CliRun.Of([.. Finetune(_train, roomy), "--feature-cache", "1GiB"]).Refused("--feature-cache is for --method frozen");
    }

    [Fact]
    public void A_context_far_over_the_length_is_read_in_windows()
    {
        string model = QaWorld.Save(_scratch["qa"], BertTasks.QuestionAnswering), context = string.Concat(Enumerable.Repeat("oak elm ", 3000)) + "red";
        JsonElement said = CliRun.Of(["predict", "--model", model, "--question", "which colour", "--context", context, .. Windows, "--json"]).Json();
        Assert.All(said.GetProperty("n_best").EnumerateArray(), c => Assert.Equal(c.GetProperty("text").GetString(), context[c.GetProperty("start").GetInt32()..c.GetProperty("end").GetInt32()]));
    }

    [Fact]
    public void Wrong_input_is_one_line()
    {
        string whole = File.ReadAllText(_train), model = QaWorld.Save(_scratch["qa"], BertTasks.QuestionAnswering), output = _scratch["out"];
        void Refused(string[] more, params string[] parts) => CliRun.Of([.. Finetune(_train, output), .. more]).Refused(parts);
        void RefusedData(string data, params string[] parts) => CliRun.Of([.. Finetune(_scratch.File("bad.json", data), output)]).Refused(["bad.json", .. parts]);
        void RefusedLength(string option, string value, params string[] parts)
        {
            string[] line = Finetune(_train, output);
            line[Array.IndexOf(line, option) + 1] = value;
            CliRun.Of(line).Refused(parts);
        }
        RefusedData(whole[..(whole.Length / 2)], "JSON");
        RefusedData("", "JSON");
        JsonNode elsewhere = JsonNode.Parse(whole)!;
        foreach (JsonNode? answer in elsewhere["data"]!.AsArray().SelectMany(a => a!["paragraphs"]!.AsArray()).SelectMany(p => p!["qas"]!.AsArray()).SelectMany(q => q!["answers"]!.AsArray()))
            answer!["answer_start"] = 1_000_000;
        CliRun lost = CliRun.Of([.. Finetune(_scratch.File("lost.json", elsewhere.ToJsonString()), output)]);
        lost.Refused("there is nothing to learn from");
        Assert.Contains("120 answers do not stand in the context at their offset", lost.Error);
        RefusedData("[1, 2]", "not an object");
        RefusedData("""{"version": "1.1", "data": []}""", "no question");
        RefusedData("text,label\na film,good\n", "JSON");
        RefusedData("""{"data": [{"paragraphs": [{"context": "oak", "qas": [{"id": "a", "question": 5}]}]}]}""", "question");
        CliRun.Of([.. Finetune(_scratch["absent.json"], output)]).Refused("absent.json");
        CliRun.Of([.. Finetune(_scratch.File("one.json", QaWorld.Json(QaWorld.Make(1, 5))), output)]).Refused("1 articles cannot be split");
        Refused(["--validation", _scratch["absent.json"]], "absent.json");
        Refused(["--best-by", "accuracy"], "--best-by accuracy");
        RefusedLength("--doc-stride", "30", "--doc-stride", "too short");
        RefusedLength("--max-length", "64", "32 positions");
        RefusedLength("--max-length", "0", "--max-length 0");
        Refused(["--validation", _valid, "--validation-split", "0.1"], "leave one out");
        Refused(["--head", "mlp"], "--head is for --task classification");
        Refused(["--examples", "a film"], "--examples is for --task classification");
        Refused(["--truncation-side", "left"], "--truncation-side is for --task classification or embedding: leave it out");
        Refused(["--method", "lora", "--target", "nose"], "--target nose");
        CliRun.Of("finetune", "--task", "classification", "--data", _train, "--model", _base, "--doc-stride", "8").Refused("--doc-stride is for --task qa");

        CliRun.Of("predict", "--model", model, "--question", "which colour").Refused("--context");
        CliRun.Of("predict", "--model", model, "a text").Refused("answers questions", "--question and --context");
        CliRun.Of("predict", "--model", model, "--question", " ", "--context", "red").Refused("the question is empty");
        CliRun.Of("predict", "--model", model, "--question", "which colour", "--context", "").Refused("the context is empty");
        CliRun.Of("predict", "--model", _base, "--question", "which colour", "--context", "red").Refused("qa_outputs");
        CliRun.Of("predict", "--model", model, "--question", "which colour", "--context", "red", "--n-best", "0").Refused("--n-best 0");
        Assert.False(Directory.Exists(output));
    }

    [Fact]
    public void A_checkpoint_of_another_architecture_or_vocabulary_is_refused()
    {
        string gpt = QaWorld.Save(_scratch["gpt"], BertTasks.QuestionAnswering), words = QaWorld.Save(_scratch["words"], BertTasks.QuestionAnswering);
        Change(Path.Combine(gpt, CheckpointNames.Config), text => text.Replace("\"bert\"", "\"gpt2\"", StringComparison.Ordinal));
        Change(Path.Combine(words, "vocab.txt"), text => text + string.Concat(Enumerable.Range(0, 9).Select(i => string.Create(CultureInfo.InvariantCulture, $"extra{i}\n"))));
        string fewer = QaWorld.Save(_scratch["fewer"], BertTasks.Pretraining);
        foreach (string folder in (string[])[words, fewer])
            File.Delete(Path.Combine(folder, "tokenizer.json")); // else it, and not vocab.txt, says what the vocabulary is
        Change(Path.Combine(fewer, "vocab.txt"), text => text.Replace("one\ntwo\nthree\n", "one\ntwo\n", StringComparison.Ordinal));
        CliRun said = CliRun.Of([.. Finetune(_train, _scratch["spared"]).Select(arg => arg == _base ? fewer : arg), "--validation", _valid, "--steps", "1"]).Succeeded();
        Assert.Contains("the last 1 are never used", said.Error);
        foreach ((string model, string part) in new[] { (gpt, "gpt2"), (words, "vocab") })
        {
            CliRun.Of("predict", "--model", model, "--question", "which colour", "--context", "red").Refused(part);
            CliRun.Of("evaluate", "--model", model, "--data", _valid).Refused(part);
            CliRun.Of("finetune", "--task", "qa", "--data", _train, "--validation", _valid, "--model", model, "--out", _scratch["out"]).Refused(part);
        }
    }

    private static void Change(string file, Func<string, string> change)
    {
        string before = File.ReadAllText(file), after = change(before);
        Assert.NotEqual(before, after);
        File.WriteAllText(file, after);
        string seal = Path.Combine(Path.GetDirectoryName(file)!, "SHA256SUMS");
        if (File.Exists(seal))
            File.Delete(seal);
    }

    private string[] Finetune(string data, string run) =>
        ["finetune", "--task", "qa", "--data", data, "--model", _base, "--out", run, "--batch-size", "8", "--lr", "3e-3", "--threads", "1", .. Windows];

    private static double Value(JsonElement json, string name) => json.GetProperty(name).GetDouble();
}
