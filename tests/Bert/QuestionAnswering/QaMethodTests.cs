using BareBert.Autograd;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>
/// Every method of fine-tuning on questions. The encoder that they start from has learned to tell colours and numbers; its head is lost,
/// and they learn another.
/// </summary>
public sealed class QaMethodTests(QaMethodTests.TrainedEncoder encoder) : IClassFixture<QaMethodTests.TrainedEncoder>, IDisposable
{
    private readonly CpuKernels _kernels = new(1);
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _folder.Dispose();
        _kernels.Dispose();
    }

    public static TheoryData<FineTuningMethod> Methods => [.. Enum.GetValues<FineTuningMethod>()];

    [Theory, MemberData(nameof(Methods))]
    public void Every_method_learns_and_leaves_what_is_frozen_alone(FineTuningMethod method)
    {
        using BertModel model = Load(encoder.Folder, method);
        Dictionary<string, float[]> before = Values(model);
        TrainerState state = Train(model, method, "run", epochs: 6);
        double first = state.History[0].Metrics["em"], last = state.History[^1].Metrics["em"];
        Assert.True(first <= 50, $"{method}: EM {first:F1} before training");
        Assert.True(last >= 85, $"{method}: EM {last:F1} after training");
        foreach ((string name, float[] values) in Values(model))
            Assert.Equal(!model.Parameters[name].RequiresGrad, before[name].AsSpan().SequenceEqual(values));
    }

    [Theory, MemberData(nameof(Methods))]
    public void A_resumed_run_ends_with_the_same_bits(FineTuningMethod method)
    {
        Dictionary<string, float[]> straight;
        TrainerState whole;
        using (BertModel model = Load(encoder.Folder, method))
        {
            whole = Train(model, method, "straight", epochs: 2);
            straight = Values(model);
        }
        using (BertModel model = Load(encoder.Folder, method))
            Train(model, method, "halves", epochs: 2, stopAfter: whole.Step / 2 + 2);
        using (BertModel model = Load(_folder.At("halves", "checkpoint"), method, adapt: false))
        {
            TrainerState state = Train(model, method, "halves", epochs: 2, opening: RunOpening.Resume);
            Assert.Equal(whole.Step, state.Step);
            Assert.Equal(whole.History.Select(e => e.Metrics), state.History.Select(e => e.Metrics));
            foreach ((string name, float[] values) in Values(model))
                Assert.Equal(straight[name], values);
        }
    }

    [Fact]
    public void What_a_frozen_encoder_said_is_what_it_says_wherever_it_is_kept()
    {
        using BertModel model = Load(encoder.Folder, FineTuningMethod.Frozen);
        using var tape = new Tape(_kernels);
        QaExamples examples = QaExamples.ForEvaluation(QaWorld.Make(8, 30), model.Tokenizer, QaWorld.Encoding);
        QaOutcome Answers(HeadInputs features) => new QaEvaluator(model, new QaDecoder(), features).Evaluate(tape, "test", examples, default);
        long all = sizeof(float) * examples.Tokens * model.Config.HiddenSize;
        FrozenInputs roomy = new(model, HeadReading.AllTokens, all), tight = new(model, HeadReading.AllTokens, all / 3);
        QaOutcome computed = Answers(new HeadInputs(model, HeadReading.AllTokens)), kept = Answers(roomy), partly = Answers(tight), again = Answers(roomy);
        Assert.Equal((true, false), (roomy.IsComplete, tight.IsComplete));
        Assert.Equal(kept.Loss, again.Loss);
        foreach (QaOutcome outcome in (QaOutcome[])[kept, partly])
        {
            Assert.True(Math.Abs(outcome.Loss - computed.Loss) <= 1e-5);
            foreach ((QaPrediction one, QaPrediction other) in outcome.Predictions.Zip(computed.Predictions))
                Assert.True(Math.Abs(one.Candidates[0].Score - other.Candidates[0].Score) <= 1e-4);
        }
    }

    [Theory, InlineData(FineTuningMethod.Lora), InlineData(FineTuningMethod.Adapter)]
    public void Adapters_keep_the_threshold_and_answer_as_they_did(FineTuningMethod method)
    {
        SquadDataset valid = QaWorld.Make(12, 20, unanswerable: true);
        double trained;
        double? threshold;
        using (BertModel model = Load(encoder.Folder, method))
        {
            using QuestionAnsweringTask task = Task(model, method, QaWorld.Make(11, 40, unanswerable: true), valid);
            using var trainer = new Trainer(_kernels, task, Options(method, 1), RunDirectory.Open(_folder.At("run"), RunOpening.New), new Stopper());
            trainer.Run(default);
            (trained, threshold) = (trainer.State.History[^1].Metrics["f1"], task.Threshold);
        }
        using BertModel loaded = Load(_folder.At("run", "checkpoint"), method, adapt: false);
        Assert.NotNull(threshold);
        Assert.Equal(threshold, loaded.Config.NoAnswerThreshold);
        using var tape = new Tape(_kernels);
        QaOutcome outcome = new QaEvaluator(loaded, new QaDecoder()).Evaluate(tape, "valid", QaExamples.ForEvaluation(valid, loaded.Tokenizer, QaWorld.Encoding), default);
        Assert.Equal(trained, outcome.ToEvaluation(loaded.Config.NoAnswerThreshold)["f1"]);
    }

    private BertModel Load(string folder, FineTuningMethod method, bool adapt = true) => BertModel.LoadForTraining(_kernels, ModelFolder.Open(folder), BertTasks.QuestionAnswering, seed: 9, training: Plan(method).Of, adapt: adapt ? layout => Adaptations.Of(method, layout) : null).Model;

    private QuestionAnsweringTask Task(BertModel model, FineTuningMethod method, SquadDataset train, SquadDataset valid) => new(
        _kernels, model, QaExamples.ForTraining(train, model.Tokenizer, QaWorld.Encoding),
        [("valid", QaExamples.ForEvaluation(valid, model.Tokenizer, QaWorld.Encoding))],
        new QaTraining(8, 2, 1, new QaDecoder(), method == FineTuningMethod.Frozen ? 1 << 20 : null));

    private TrainerState Train(
        BertModel model, FineTuningMethod method, string run, int epochs, int stopAfter = int.MaxValue, RunOpening opening = RunOpening.New)
    {
        using QuestionAnsweringTask task = Task(model, method, QaWorld.Make(5, 60), QaWorld.Make(6, 20));
        using var cancel = new CancellationTokenSource();
        using var trainer = new Trainer(_kernels, task, Options(method, epochs), RunDirectory.Open(_folder.At(run), opening), new Stopper(stopAfter, cancel));
        trainer.Run(cancel.Token);
        return trainer.State;
    }

    private static TrainerOptions Options(FineTuningMethod method, int epochs) => new()
    {
        Epochs = epochs,
        Schedule = new LearningRateSchedule(ScheduleKind.Constant, method == FineTuningMethod.Full ? 1e-3 : 1e-2, 0),
        RateOf = Plan(method).RateOf,
        BestBy = "f1",
        HigherIsBetter = true,
    };

    private static TrainingPlan Plan(FineTuningMethod method) => new(QaWorld.Config, method);

    private static Dictionary<string, float[]> Values(BertModel model) => model.Parameters.All.ToDictionary(p => p.Name, p => p.Value.ToArray<float>());

    private sealed class Stopper(int step = int.MaxValue, CancellationTokenSource? cancel = null) : ITrainingObserver
    {
        public void OnStep(in TrainingProgress progress)
        {
            if (progress.Step >= step)
                cancel?.Cancel();
        }
    }

    /// <summary>An encoder without a head, trained once for all tests.</summary>
    public sealed class TrainedEncoder : IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public TrainedEncoder()
        {
            using var kernels = new CpuKernels(2);
            using (BertModel model = BertModel.Create(kernels, ParameterLayout.For(QaWorld.Config, BertTasks.QuestionAnswering), QaWorld.Tokenizer, seed: 7))
            {
                using var task = new QuestionAnsweringTask(kernels, model, QaExamples.ForTraining(QaWorld.Make(1, 160), model.Tokenizer, QaWorld.Encoding),
                    [("valid", QaExamples.ForEvaluation(QaWorld.Make(2, 10), model.Tokenizer, QaWorld.Encoding))], new QaTraining(16, 1, 7, new QaDecoder()));
                using var trainer = new Trainer(kernels, task, Options(FineTuningMethod.Full, 8) with { Schedule = new LearningRateSchedule(ScheduleKind.Linear, 3e-3, 10) },
                    RunDirectory.Open(_folder.At("run"), RunOpening.New), new Stopper());
                trainer.Run(default);
            }
            using BertModel encoder = BertModel.LoadForTraining(kernels, ModelFolder.Open(_folder.At("run", "checkpoint")), BertTasks.Encoder, BertModel.TrainAll).Model;
            encoder.Save(Directory.CreateDirectory(Folder).FullName);
        }

        public string Folder => _folder.At("encoder");

        public void Dispose() => _folder.Dispose();
    }
}
