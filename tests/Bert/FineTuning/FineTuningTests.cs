using BareBert.Autograd;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>Every method of fine-tuning on a task with keywords: it learns, it resumes, and its evaluation leaves the model alone.</summary>
public sealed class FineTuningTests : IDisposable
{
    private readonly CpuKernels _kernels = new(1);
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _folder.Dispose();
        _kernels.Dispose();
    }

    [Theory]
    [InlineData(FineTuningMethod.Full)]
    [InlineData(FineTuningMethod.Frozen)]
    [InlineData(FineTuningMethod.Adapter)]
    [InlineData(FineTuningMethod.Lora)]
    [InlineData(FineTuningMethod.Qlora)]
    public void Every_method_learns_and_leaves_what_is_frozen_alone(FineTuningMethod method)
    {
        using BertModel model = Load(method);
        Dictionary<string, float[]> before = Values(model);
        TrainerState state = Train(model, method, "run", epochs: 8);
        double first = state.History[0].Metrics["accuracy"], last = state.History[^1].Metrics["accuracy"];
        Assert.True(first <= 0.7, $"{method}: {first} before training");
        Assert.True(last >= 0.9, $"{method}: {last}");
        foreach ((string name, float[] values) in Values(model))
            Assert.Equal(!model.Parameters[name].RequiresGrad, before[name].AsSpan().SequenceEqual(values));
    }

    /// <summary>A run that goes on says again what it found: that changes nothing of the files.</summary>
    [Fact]
    public void The_end_of_texts_that_gives_way_already_is_not_written_down()
    {
        using BertModel model = Load(FineTuningMethod.Full);
        SubwordTokenizer before = model.Tokenizer;
        Assert.Equal(TruncationSide.Right, model.Truncate(TruncationSide.Right));
        Assert.Same(before, model.Tokenizer);
        Assert.Equal(TruncationSide.Left, model.Truncate(TruncationSide.Left));
        Assert.Equal(TruncationSide.Left, model.Tokenizer.TruncationSide);
    }

    /// <summary>A sweep opens many, some of them with values that only the model can refuse.</summary>
    [Fact]
    public void A_run_that_cannot_be_opened_gives_its_memory_back()
    {
        string data = _folder.Write("train.csv", "text,label\nthe film was good,1\nthe film was bad,0\na good story,1\na dull story,0\n");
        var options = new FineTunerOptions
        {
            Task = new ClassificationOptions(), Data = data, Model = KeywordSentiment.SaveBase(_folder.At("base"), _kernels), Out = _folder.At("run"), MaxLength = 10_000,
        };
        Refusals.Of(() => BertTasks.Classification.Open(options, _kernels, _ => { }), "`MaxLength` 10000");
        Assert.Equal(0, _kernels.Memory.Allocated);
        using (BertTasks.Classification.Open(options with { MaxLength = null }, _kernels, _ => { }))
            Assert.NotEqual(0, _kernels.Memory.Allocated);
    }

    [Theory]
    [InlineData(FineTuningMethod.Full)]
    [InlineData(FineTuningMethod.Lora)]
    [InlineData(FineTuningMethod.Qlora)]
    public void A_resumed_run_ends_with_the_same_bits(FineTuningMethod method)
    {
        Dictionary<string, float[]> straight, resumed;
        using (BertModel model = Load(method))
        {
            Train(model, method, "straight", epochs: 2);
            straight = Values(model);
        }
        using (BertModel model = Load(method))
            Train(model, method, "halves", epochs: 2, stopAfter: 7);
        using (BertModel model = BertModel.LoadForTraining(_kernels, ModelFolder.Open(_folder.At("halves", "checkpoint")), BertTasks.Classification, training: Plan(method).Of).Model)
        {
            TrainerState state = Train(model, method, "halves", epochs: 2, opening: RunOpening.Resume);
            Assert.Equal(2 * Task(model, method).StepsIn(0), state.Step);
            resumed = Values(model);
        }
        Assert.Equal(straight.Keys.Order(), resumed.Keys.Order());
        foreach ((string name, float[] values) in straight)
            Assert.Equal(values, resumed[name]);
    }

    [Fact]
    public void Evaluation_never_learns()
    {
        using BertModel model = Load(FineTuningMethod.Full);
        using ClassificationTask task = Task(model, FineTuningMethod.Full);
        using var tape = new Tape(_kernels);
        float[] before = model.Parameters.Values.ToArray<float>();
        Evaluation first = task.Evaluate(tape, default)[0], second = task.Evaluate(tape, default)[0];
        Assert.Equal(before, model.Parameters.Values.ToArray<float>());
        Assert.All(model.Parameters.Grads.ToArray<float>(), g => Assert.Equal(0, g));
        Assert.Equal(first.Metrics, second.Metrics);
    }

    [Fact]
    public void Cached_features_are_those_of_the_encoder()
    {
        using BertModel model = Load(FineTuningMethod.Frozen);
        using ClassificationTask cached = Task(model, FineTuningMethod.Frozen), computed = Task(model, FineTuningMethod.Full);
        using var tape = new Tape(_kernels);
        EvaluationSplit split = new("valid", KeywordSentiment.Encode(KeywordSentiment.Texts(50, seed: 9)));
        float[] Of(ClassificationTask task) => ((ClassificationOutcome)task.Judge(tape, split, default)).Probabilities;
        Assert.Equal(Of(computed), Of(cached));
    }

    [Fact]
    public void Frozen_weights_have_neither_gradient_nor_moments()
    {
        long Trained(FineTuningMethod method)
        {
            using BertModel model = Load(method);
            Assert.Equal(model.Parameters.Grads.Count, model.Parameters.Moments1.Count);
            return model.Parameters.Grads.Count;
        }
        Assert.True(Trained(FineTuningMethod.Lora) < Trained(FineTuningMethod.Full) / 4);
        Assert.True(Trained(FineTuningMethod.Frozen) < Trained(FineTuningMethod.Lora));
    }

    [Fact]
    public void Class_weights_and_smoothing_change_the_loss_that_is_learned_but_not_the_one_reported()
    {
        using BertModel model = Load(FineTuningMethod.Full);
        using ClassificationTask plain = Task(model, FineTuningMethod.Full);
        using ClassificationTask smooth = new(_kernels, model, Train60, [Valid], new ClassificationTraining(8, 1, 1, [1, 3], 0.2));
        using var tape = new Tape(_kernels);
        Assert.Equal(plain.Evaluate(tape, default)[0].Metrics, smooth.Evaluate(tape, default)[0].Metrics);
        plain.Seek(0, 0);
        smooth.Seek(0, 0);
        plain.NextWindow(default);
        smooth.NextWindow(default);
        plain.ForwardBackward(tape, TapeMode.Training(1, 0));
        smooth.ForwardBackward(tape, TapeMode.Training(1, 0));
        Assert.NotEqual(plain.ReadLosses()[0].Value, smooth.ReadLosses()[0].Value);
    }

    [Fact]
    public void Layer_decay_slows_the_lower_layers_and_freezing_stops_them()
    {
        var plan = new TrainingPlan(KeywordSentiment.Config, FineTuningMethod.Full, LayerDecay: 0.5);
        ParameterLayout layout = ParameterLayout.For(KeywordSentiment.Config, BertTasks.Classification);
        double FactorOf(string name) => plan.RateOf(plan.Of(layout[name]).Group).Factor;
        Assert.Equal((1, 0.5, 0.25, 0.125), (FactorOf("classifier.output.weight"), FactorOf("layers.1.ffn.in.weight"), FactorOf("layers.0.ffn.in.bias"), FactorOf("embeddings.word")));
        Assert.False(plan.RateOf(plan.Of(layout["layers.0.ffn.in.bias"]).Group).Decays);
        var frozen = new TrainingPlan(KeywordSentiment.Config, FineTuningMethod.Full, FreezeLayers: 1);
        Assert.Equal((false, false, true, true), (frozen.Of(layout["embeddings.word"]).IsTrained, frozen.Of(layout["layers.0.ffn.in.bias"]).IsTrained,
            frozen.Of(layout["layers.1.ffn.in.bias"]).IsTrained, frozen.Of(layout["pooler.weight"]).IsTrained));
        Refusals.Of(() => (frozen with { FreezeLayers = 3 }).Validate(), "`FreezeLayers` 3", "2 layers");
        Refusals.Of(() => (frozen with { FreezeLayers = 0, LayerDecay = double.NaN }).Validate(), "`LayerDecay`");
        Refusals.Of(() => (frozen with { Method = FineTuningMethod.Lora }).Validate(), "`Method` full");
    }

    private static EncodedExamples Train60 { get; } = KeywordSentiment.Encode(KeywordSentiment.Texts(160, seed: 1));

    private static EvaluationSplit Valid { get; } = new("valid", KeywordSentiment.Encode(KeywordSentiment.Texts(60, seed: 2)));

    private static TrainingPlan Plan(FineTuningMethod method) => new(KeywordSentiment.Config, method);

    private BertModel Load(FineTuningMethod method)
    {
        string folder = _folder.At("base");
        if (!Directory.Exists(folder))
            KeywordSentiment.SaveBase(folder, _kernels);
        return BertModel.LoadForTraining(_kernels, ModelFolder.Open(folder), BertTasks.Classification, training: Plan(method).Of, adapt: layout => Adaptations.Of(method, layout)).Model;
    }

    private ClassificationTask Task(BertModel model, FineTuningMethod method) => new(_kernels, model, Train60, [Valid],
        new ClassificationTraining(BatchSize: 8, Accumulate: 2, Seed: 1, FeatureCache: method == FineTuningMethod.Frozen ? long.MaxValue : null));

    private TrainerState Train(
        BertModel model, FineTuningMethod method, string run, int epochs, int stopAfter = int.MaxValue, RunOpening opening = RunOpening.New)
    {
        using ClassificationTask task = Task(model, method);
        using var cancel = new CancellationTokenSource();
        var options = new TrainerOptions
        {
            Epochs = epochs,
            Schedule = new LearningRateSchedule(ScheduleKind.Constant, method == FineTuningMethod.Full ? 1e-3 : 5e-3, 0),
            RateOf = Plan(method).RateOf,
            BestBy = "accuracy",
            HigherIsBetter = true,
        };
        using var trainer = new Trainer(_kernels, task, options, RunDirectory.Open(_folder.At(run), opening), new Stopper(stopAfter, cancel));
        trainer.Run(cancel.Token);
        return trainer.State;
    }

    private static Dictionary<string, float[]> Values(BertModel model) => model.Parameters.All.ToDictionary(p => p.Name, p => p.Value.ToArray<float>());

    private sealed class Stopper(int step, CancellationTokenSource cancel) : ITrainingObserver
    {
        public void OnStep(in TrainingProgress progress)
        {
            if (progress.Step >= step)
                cancel.Cancel();
        }
    }
}
