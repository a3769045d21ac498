using System.Globalization;
using System.Text.Json;
using Xunit;

namespace BareBert.Tests;

/// <summary>evaluate on questions: a model's answers, and answers from files.</summary>
[Collection(nameof(CliCollection))]
public sealed class QaCommandTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void A_model_is_evaluated_and_its_answers_score_the_same_from_their_file()
    {
        string model = SaveModel(), data = Squad(QaWorld.Make(1, 6)), output = _scratch["written"], answers = Path.Combine(output, "predictions.json");
        JsonElement of = Split(CliRun.Of([.. Answering(model, data), "--out", output]));
        JsonElement again = Split(CliRun.Of("evaluate", "--predictions", answers, "--data", data, "--json"));
        Assert.Equal(["nbest_predictions.json", "predictions.json"], Directory.GetFiles(output).Select(Path.GetFileName).Order());
        foreach (string metric in new[] { "em", "f1", "bleu", "rouge1", "rouge2", "rougeL", "meteor" })
            Assert.Equal(of.GetProperty(metric).GetDouble(), again.GetProperty(metric).GetDouble());
        Assert.Equal(12, SquadPredictions.Read(answers).Count);
        Assert.True(double.IsFinite(of.GetProperty("loss").GetDouble()));
    }

    [Fact]
    public void Written_answers_and_probabilities_score_as_the_model_does_at_every_threshold()
    {
        SquadDataset questions = QaWorld.Make(5, 6, unanswerable: true);
        string model = SaveModel(), data = Squad(questions), output = _scratch["written"];
        CliRun.Of([.. Answering(model, data), "--n-best", "3", "--na-threshold", "1", "--out", output]).Succeeded();
        OrderedDictionary<string, double> none = SquadPredictions.ReadNoAnswerProbabilities(Path.Combine(output, "na_prob.json"));
        Assert.Equal(questions.Questions.Select(q => q.Question.Id), none.Keys);
        double middle = none.Values.Order().ElementAt(none.Count / 2);
        foreach (double threshold in new[] { 0, middle, 1 })
        {
            string limit = threshold.ToString("R", CultureInfo.InvariantCulture);
            JsonElement of = Split(CliRun.Of([.. Answering(model, data), "--n-best", "3", "--na-threshold", limit]));
            JsonElement file = Split(CliRun.Of("evaluate", "--predictions", Path.Combine(output, "predictions.json"), "--data", data,
                "--na-prob", Path.Combine(output, "na_prob.json"), "--na-threshold", limit, "--json"));
            foreach (string metric in new[] { "em", "f1", "has_answer_f1", "no_answer_f1", "rougeL" })
                Assert.Equal(of.GetProperty(metric).GetDouble(), file.GetProperty(metric).GetDouble());
            Assert.Equal(threshold == 0 ? 100 : threshold == 1 ? 0 : 50, file.GetProperty("no_answer_em").GetDouble(), threshold is 0 or 1 ? 1e-9 : 50);
        }
        Dictionary<string, string> answers = SquadPredictions.Read(Path.Combine(output, "predictions.json"));
        foreach (JsonProperty question in JsonDocument.Parse(File.ReadAllText(Path.Combine(output, "nbest_predictions.json"))).RootElement.EnumerateObject())
        {
            JsonElement[] candidates = [.. question.Value.EnumerateArray()];
            Assert.InRange(candidates.Length, 3, 4);
            Assert.True(Math.Abs(candidates.Sum(c => c.GetProperty("probability").GetDouble()) - 1) <= 1e-9);
            JsonElement best = candidates.First(c => c.GetProperty("text").GetString() != ""), nothing = Assert.Single(candidates, c => c.GetProperty("text").GetString() == "");
            Assert.Equal(answers[question.Name], best.GetProperty("text").GetString());
            double odds = nothing.GetProperty("score").GetDouble() - best.GetProperty("score").GetDouble();
            Assert.True(Math.Abs(none[question.Name] - 1 / (1 + Math.Exp(-odds))) <= 1e-12);
        }
    }

    [Fact]
    public void Options_of_another_evaluation_are_refused()
    {
        string model = SaveModel(), pretrained = QaWorld.Save(_scratch["pretrained"], BertTasks.Pretraining), data = Squad(QaWorld.Make(3, 2)), answers = Json("answers.json", [("0/0", "red")]);
        Refused(["evaluate", "--model", model, "--data", data, "--seq-len", "20"], "--seq-len is for a pretrained model", "is a model that answers questions", "give --max-length");
        Refused(["evaluate", "--model", model, "--data", data, "--text-column", "text"], "--text-column is for a classifier", "leave it out");
        Refused(["evaluate", "--model", model, "--data", data, "--na-prob", answers], "--na-prob is for --predictions");
        Refused(["evaluate", "--model", model, "--data", data, "--batch-size", "4"], "--batch-size is for a pretrained model");
        Refused(["evaluate", "--model", model, "--data", data, "--max-length", "0"], "--max-length 0", "give 1 or more");
        Refused(["evaluate", "--model", pretrained, "--data", data, "--max-length", "20"], "--max-length is for a classifier or a model that answers questions", "give --seq-len");
        Refused(["evaluate", "--model", pretrained, "--data", data, "--out", _scratch["out"]], "--out is for a model that answers questions");
        Refused(["evaluate", "--model", pretrained, "--data", data, "--limit", "5"], "--limit is for --pseudo-perplexity");
        Refused(["evaluate", "--model", pretrained, "--data", data, "--pseudo-perplexity", "--seq-len", "16"], "--seq-len is for a pretrained model: --pseudo-perplexity is given");
        Refused(["evaluate", "--predictions", answers, "--data", data, "--max-length", "20"], "--max-length is for", "--predictions is given");
        Refused(["evaluate", "--predictions", answers, "--model", model, "--data", data], "one of --model and --predictions");
        Refused(["evaluate", "--predictions", answers, "--data", data, "--na-threshold", "0.5"], "--na-prob");
    }

    [Fact]
    public void Predictions_are_scored_by_the_rules_of_v2_with_the_best_thresholds()
    {
        SquadDataset questions = QaWorld.Make(2, 5, unanswerable: true);
        string data = Squad(questions);
        string answers = Json("answers.json", questions.Questions.Select(q => (q.Question.Id, (object)(q.Question.IsImpossible ? "oak" : q.Question.AnswerTexts[0]))));
        string none = Json("none.json", questions.Questions.Select(q => (q.Question.Id, (object)(q.Question.IsImpossible ? 0.9 : 0.1))));
        JsonElement plain = Split(CliRun.Of("evaluate", "--predictions", answers, "--data", data, "--json"));
        Assert.Equal([66.67, 100.0, 0], new[] { "em", "has_answer_em", "no_answer_em" }.Select(m => Math.Round(plain.GetProperty(m).GetDouble(), 2)));
        JsonElement judged = Split(CliRun.Of("evaluate", "--predictions", answers, "--data", data, "--na-prob", none, "--na-threshold", "0.5", "--json"));
        Assert.Equal([100.0, 100, 100, 100, 0.1], new[] { "em", "f1", "best_em", "best_f1", "best_f1_threshold" }.Select(m => judged.GetProperty(m).GetDouble()));
    }

    [Fact]
    public void Wrong_input_is_refused_in_one_line()
    {
        string data = Squad(QaWorld.Make(3, 2)), answers = Json("answers.json", [("0/0", "red")]);
        Refused(["evaluate", "--data", data], "--model", "--predictions");
        Refused(["evaluate", "--predictions", answers], "one SQuAD file");
        Refused(["evaluate", "--predictions", _scratch["nowhere.json"], "--data", data], "nowhere.json");
        Refused(["evaluate", "--predictions", _scratch.File("list.json", "[1, 2]"), "--data", data], "not a JSON object");
        Refused(["evaluate", "--predictions", _scratch.File("number.json", """{"0/0": 3}"""), "--data", data], "0/0");
        Refused(["evaluate", "--predictions", answers, "--data", answers], "data");
        Refused(["evaluate", "--predictions", answers, "--data", data, "--na-prob", answers], "no-answer probability");
        Refused(["evaluate", "--predictions", answers, "--data", data, "--na-prob", _scratch.File("nan.json", """{"0/0": NaN}""")], "not JSON");
        Refused(["evaluate", "--predictions", answers, "--data", data, "--na-prob", _scratch.File("half.json", """{"0/0": 0.5}""")], "does not fit");
        Refused(["evaluate", "--predictions", answers, "--data", data, "--na-threshold", "nan"], "--na-threshold");
        Refused(["evaluate", "--model", SaveModel(), "--data", data, "--max-length", "64"], "32 positions");
        Refused(["evaluate", "--model", SaveModel()], "one SQuAD file");
    }

    [Fact]
    public void Missing_and_unknown_predictions_are_said()
    {
        CliRun run = CliRun.Of("evaluate", "--predictions", Json("some.json", [("0/0", "red"), ("nobody", "x")]), "--data", Squad(QaWorld.Make(4, 1)), "--json").Succeeded();
        Assert.Contains("1 of 2 questions have no prediction", run.Error);
        Assert.Contains("1 predictions are for questions that are not in the data", run.Error);
    }

    private static string[] Answering(string model, string data) =>
        ["evaluate", "--model", model, "--data", data, "--max-length", "20", "--doc-stride", "6", "--max-question", "4", "--json"];

    private static void Refused(string[] line, params string[] parts) => CliRun.Of(line).Refused(parts);

    private static JsonElement Split(CliRun run) => run.Json().GetProperty("splits").GetProperty("test");

    private string SaveModel() => QaWorld.Save(_scratch[Guid.NewGuid().ToString("N")], BertTasks.QuestionAnswering);

    private string Squad(SquadDataset data) => _scratch.File($"{Guid.NewGuid():N}.json", QaWorld.Json(data));

    private string Json(string name, IEnumerable<(string Id, object Value)> values) =>
        _scratch.File(name, JsonSerializer.Serialize(values.ToDictionary(v => v.Id, v => v.Value)));
}
