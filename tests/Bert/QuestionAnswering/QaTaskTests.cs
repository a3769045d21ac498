using System.Text.RegularExpressions;
using BareBert.Autograd;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>A small model learns to answer; a run that was stopped goes on as if it had not been.</summary>
public sealed class QaTaskTests : IDisposable
{
    private static readonly TrainerOptions Options = new()
    {
        Schedule = new LearningRateSchedule(ScheduleKind.Linear, 3e-3, 10), RateOf = BertModel.RateOf, BestBy = "f1",
        HigherIsBetter = true, EvaluateFirst = false, LogEvery = 1, Seed = 7,
    };

    private readonly TemporaryDirectory _temporary = new();
    private readonly CpuKernels _kernels = new(2);

    public void Dispose()
    {
        _kernels.Dispose();
        _temporary.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_small_model_learns_to_answer(bool unanswerable)
    {
        SquadDataset train = QaWorld.Make(1, 160, unanswerable), valid = QaWorld.Make(2, 40, unanswerable);
        TrainerState state = Train("run", train, valid, Options with { Epochs = 8 });
        IReadOnlyDictionary<string, double> first = state.History[0].Metrics, last = state.History[^1].Metrics;
        Assert.True(last["em"] >= 90, $"EM {last["em"]:F1} after {state.History.Count} epochs, {first["em"]:F1} after one");
        Assert.True(last["f1"] >= last["em"]);
        Assert.True(last["loss"] < first["loss"]);

        // What was saved answers as well as what was trained, and knows its threshold.
        (BertModel model, LoadReport report) = BertModel.LoadForTraining(_kernels, ModelFolder.Open(PathOf("run")), BertTasks.QuestionAnswering, BertModel.TrainAll);
        using (model)
        {
            report.RequireAll(PathOf("run"));
            Assert.Equal(unanswerable, model.Config.NoAnswerThreshold is not null);
            using var tape = new Tape(_kernels);
            QaOutcome outcome = new QaEvaluator(model, new QaDecoder()).Evaluate(
                tape, "valid", QaExamples.ForEvaluation(valid, model.Tokenizer, QaWorld.Encoding), CancellationToken.None);
            double em = outcome.ToEvaluation(model.Config.NoAnswerThreshold)["em"];
            Assert.True(em == state.History.Single(e => e.Step == state.BestStep).Metrics["em"], $"{em}");
        }
    }

    [Fact]
    public void Stopped_and_resumed_it_is_the_run_that_never_stopped()
    {
        SquadDataset train = QaWorld.Make(3, 20, true), valid = QaWorld.Make(4, 6, true);
        TrainerOptions options = Options with { Steps = 8 };
        Train("straight", train, valid, options, batchSize: 6, accumulate: 2);
        Train("stopped", train, valid, options, batchSize: 6, accumulate: 2, stopAt: 3);
        Train("stopped", train, valid, options, batchSize: 6, accumulate: 2, resume: true);
        Assert.Equal(Saved("straight"), Saved("stopped"));
        Assert.Equal(Evaluations("straight"), Evaluations("stopped"));
    }

    [Fact]
    public void Evaluation_does_not_depend_on_how_windows_are_batched_with_others()
    {
        SquadDataset data = QaWorld.Make(5, 12);
        using BertModel model = NewModel();
        using var tape = new Tape(_kernels);
        var evaluator = new QaEvaluator(model, new QaDecoder());
        QaOutcome all = evaluator.Evaluate(tape, "test", QaExamples.ForEvaluation(data, model.Tokenizer, QaWorld.Encoding), CancellationToken.None);
        int i = 0;
        foreach ((SquadParagraph paragraph, SquadQuestion question) in data.Questions)
        {
            QaPrediction alone = evaluator.Answer(tape, [(question.Question, paragraph.Context)], QaWorld.Encoding, default)[0], together = all.Predictions[i++];
            Assert.True(Math.Abs(together.Candidates[0].Score - alone.Candidates[0].Score) <= 1e-5);
            Assert.True(Math.Abs(together.NullScore - alone.NullScore) <= 1e-5);
        }
    }

    private BertModel NewModel() => BertModel.Create(
        _kernels, ParameterLayout.For(QaWorld.Config, BertTasks.QuestionAnswering), QaWorld.Tokenizer, seed: 7);

    private TrainerState Train(
        string name, SquadDataset train, SquadDataset valid, TrainerOptions options,
        int batchSize = 16, int accumulate = 1, int stopAt = -1, bool resume = false)
    {
        RunDirectory run = RunDirectory.Open(PathOf(name), resume ? RunOpening.Resume : RunOpening.New);
        using BertModel model = resume ? BertModel.LoadForTraining(_kernels, ModelFolder.Open(run.Checkpoint), BertTasks.QuestionAnswering, BertModel.TrainAll).Model : NewModel();
        using var task = new QuestionAnsweringTask(
            _kernels, model, QaExamples.ForTraining(train, model.Tokenizer, QaWorld.Encoding),
            [("valid", QaExamples.ForEvaluation(valid, model.Tokenizer, QaWorld.Encoding))],
            new QaTraining(batchSize, accumulate, options.Seed, new QaDecoder()));
        using var cancel = new CancellationTokenSource();
        using var trainer = new Trainer(_kernels, task, options, run, new StopAt(stopAt, cancel));
        Assert.Equal(stopAt < 0 ? TrainingEnd.Finished : TrainingEnd.Interrupted, trainer.Run(cancel.Token));
        return trainer.State;
    }

    private byte[][] Saved(string name) => [.. new[] { CheckpointNames.Weights, CheckpointNames.Optimizer, CheckpointNames.Config }
        .Select(file => File.ReadAllBytes(Path.Combine(PathOf(name), "checkpoint", file)))];

    private string[] Evaluations(string name) =>
        [.. File.ReadLines(Path.Combine(PathOf(name), "metrics.jsonl")).Where(line => line.Contains("\"eval\"", StringComparison.Ordinal)).Select(line => Regex.Replace(line, "\"seconds\":[0-9.eE+-]+", ""))];

    private string PathOf(string name) => Path.Combine(_temporary.Path, name);

    private sealed class StopAt(int step, CancellationTokenSource cancel) : ITrainingObserver
    {
        public void OnStep(in TrainingProgress progress)
        {
            if (progress.Step == step)
                cancel.Cancel();
        }
    }
}
