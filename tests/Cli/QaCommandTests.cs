using System.Text.Json;
using BareBert.Bert;
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
        string model = SaveModel(), data = Squad(QaWorld.Make(1, 6)), answers = _scratch["answers.json"];
        JsonElement of = Split(CliRun.Of("evaluate", "--model", model, "--data", data, "--seq-len", "20", "--doc-stride", "6", "--max-question", "4", "--answers", answers, "--json"));
        JsonElement again = Split(CliRun.Of("evaluate", "--predictions", answers, "--data", data, "--json"));
        foreach (string metric in new[] { "em", "f1", "bleu", "rouge1", "rouge2", "rougeL", "meteor" })
            Assert.Equal(of.GetProperty(metric).GetDouble(), again.GetProperty(metric).GetDouble());
        Assert.Equal(12, SquadPredictions.Read(answers).Count);
        Assert.True(double.IsFinite(of.GetProperty("loss").GetDouble()));
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
        Refused(["evaluate", "--model", SaveModel(), "--data", data, "--seq-len", "64"], "32 positions");
        Refused(["evaluate", "--model", SaveModel()], "one SQuAD file");
    }

    [Fact]
    public void Missing_and_unknown_predictions_are_said()
    {
        CliRun run = CliRun.Of("evaluate", "--predictions", Json("some.json", [("0/0", "red"), ("nobody", "x")]), "--data", Squad(QaWorld.Make(4, 1)), "--json").Succeeded();
        Assert.Contains("1 of 2 questions have no prediction", run.Error);
        Assert.Contains("1 predictions are for questions that are not in the data", run.Error);
    }

    private static void Refused(string[] line, params string[] parts) => CliRun.Of(line).Refused(parts);

    private static JsonElement Split(CliRun run) => run.Json().GetProperty("splits").GetProperty("test");

    private string SaveModel() => QaWorld.Save(_scratch[Guid.NewGuid().ToString("N")], ModelTask.QuestionAnswering);

    private string Squad(SquadDataset data) => _scratch.File($"{Guid.NewGuid():N}.json", QaWorld.Json(data));

    private string Json(string name, IEnumerable<(string Id, object Value)> values) =>
        _scratch.File(name, JsonSerializer.Serialize(values.ToDictionary(v => v.Id, v => v.Value)));
}
