using System.Text.Json;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>When the trainer evaluates, saves, stops and refuses to go on.</summary>
public sealed class TrainerTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();
    private readonly ReferenceKernels<float> _kernels = new();

    public void Dispose()
    {
        _kernels.Dispose();
        _temporary.Dispose();
    }

    [Fact]
    public void Stops_after_evaluations_without_a_better_model_and_keeps_the_best()
    {
        using var task = new ScriptedTask(_kernels, stepsInEpoch: 2, 5, 4, 4.5, 4, 3);
        (TrainingEnd end, TrainerState state) = Train(task, Options with { Steps = 20, EarlyStopping = 2, EvaluateFirst = false });
        Assert.Equal(TrainingEnd.StoppedEarly, end);
        Assert.Equal((8, 4, 4.0), (state.Step, state.BestStep, state.BestValue));
        Assert.Equal("after evaluation 2", File.ReadAllText(PathOf("best", "model.txt")));
        Assert.Equal("after evaluation 4", File.ReadAllText(PathOf("checkpoint", "model.txt")));
    }

    [Fact]
    public void More_can_be_better()
    {
        using var task = new ScriptedTask(_kernels, stepsInEpoch: 1, 0.5, 0.7, 0.6);
        (_, TrainerState state) = Train(task, Options with { Steps = 3, EvaluateFirst = false, HigherIsBetter = true });
        Assert.Equal((2, 0.7), (state.BestStep, state.BestValue));
    }

    [Fact]
    public void Evaluates_at_first_each_n_steps_after_epochs_and_at_the_end_but_never_twice()
    {
        using var task = new ScriptedTask(_kernels, stepsInEpoch: 6, 1);
        (_, TrainerState state) = Train(task, Options with { Steps = 13, EvalEvery = 3 });
        Assert.Equal([0, 3, 6, 9, 12, 13], state.History.Select(e => e.Step));
        Assert.Equal([0, 0.5, 1, 1.5, 2, 13 / 6.0], state.History.Select(e => e.Epoch));
        Assert.Equal([0, 3, 6, 9, 12, 13], StepsOf("eval"));
    }

    [Fact]
    public void A_time_budget_ends_the_run_after_a_whole_step()
    {
        using var task = new ScriptedTask(_kernels, stepsInEpoch: 5, 1);
        (TrainingEnd end, TrainerState state) = Train(task, Options with { Steps = null, EvaluateFirst = false, TimeBudget = TimeSpan.FromMilliseconds(1) });
        Assert.Equal(TrainingEnd.Finished, end);
        Assert.True(state.Step >= 1 || state.Seconds >= 0.001);
        Assert.Equal(state.Step, SavedState().Step);
        Assert.True(SavedState().Seconds >= 0.001);
    }

    [Fact]
    public void Epochs_end_the_run_before_steps_do()
    {
        using var task = new ScriptedTask(_kernels, stepsInEpoch: 4, 1);
        (_, TrainerState state) = Train(task, Options with { Steps = 100, Epochs = 2 });
        Assert.Equal((8, 2, 0, 80L), (state.Step, state.Epoch, state.StepInEpoch, state.Tokens));
    }

    private static readonly TrainingStage[] Halves = [new("first", 0.5), new("second", 0.5)];

    [Fact]
    public void A_stage_begins_in_the_middle_of_an_epoch_where_the_one_before_it_ended()
    {
        using var task = new ScriptedTask(_kernels, stepsInEpoch: 4, 1) { Stages = Halves };
        (_, TrainerState state) = Train(task, Options with { Steps = 12 });
        Assert.Equal([(0, 0), (1, 6)], task.Entered);
        Assert.Equal([0, 6], state.StageStarts);
        Assert.Equal(["first", "first", "second", "second"], state.History.Select(e => e.Stage));
        Assert.Equal(state.StageStarts, SavedState().StageStarts);
    }

    [Fact]
    public void Under_a_time_budget_a_stage_has_its_share_of_the_time_and_is_not_gone_back_to()
    {
        TrainerOptions options = Options with { Steps = null, TimeBudget = TimeSpan.FromHours(2), EvaluateFirst = false };
        using var task = new ScriptedTask(_kernels, stepsInEpoch: 1000, 1) { Stages = [new("first", 0.5), new("second", 0.3), new("third", 0.2)] };
        IReadOnlyList<int> TrainTo(int step, TrainerOptions options, RunOpening opening = RunOpening.Resume)
        {
            using var cancel = new CancellationTokenSource();
            int taken = opening == RunOpening.New ? 0 : SavedState().Step;
            var observer = new Watcher { Stepped = () => { if (++taken == step) cancel.Cancel(); } };
            return Train(task, options, opening, cancel.Token, observer).State.StageStarts;
        }
        Assert.Equal([0], TrainTo(20, options, RunOpening.New));
        Spend(TimeSpan.FromMinutes(50));
        Assert.Equal([0], TrainTo(21, options));
        Spend(TimeSpan.FromMinutes(61));
        Assert.Equal([0, 21], TrainTo(22, options));
        Spend(TimeSpan.FromMinutes(97));
        Assert.Equal([0, 21, 22], TrainTo(23, options));
        Assert.Equal([0, 21, 22], TrainTo(24, options with { TimeBudget = TimeSpan.FromDays(300) }));
    }

    [Fact]
    public void Only_the_last_stage_stops_early()
    {
        using var task = new ScriptedTask(_kernels, stepsInEpoch: 2, 1) { Stages = Halves };
        (TrainingEnd end, TrainerState state) = Train(task, Options with { Steps = 20, EarlyStopping = 2, EvaluateFirst = false });
        Assert.Equal((TrainingEnd.StoppedEarly, 14), (end, state.Step));
    }

    [Fact]
    public void A_checkpoint_of_more_stages_is_another_runs()
    {
        using (var task = new ScriptedTask(_kernels, stepsInEpoch: 4, 1) { Stages = Halves })
            Train(task, Options with { Steps = 4 });
        using var single = new ScriptedTask(_kernels, stepsInEpoch: 4, 1);
        Refusals.Of(() => Train(single, Options with { Steps = 8 }, RunOpening.Resume), "stage 2 of 1", "resume with the run's own options");
    }

    // As if the run so far had taken so long.
    private void Spend(TimeSpan time)
    {
        File.WriteAllText(PathOf("checkpoint", CheckpointNames.TrainerState), (SavedState() with { Seconds = time.TotalSeconds }).ToJson());
        CheckpointSeal.Write(PathOf("checkpoint"));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 3)]
    [InlineData(3, 6)]
    public void An_interrupted_evaluation_is_made_up_for_and_none_is_made_twice(int interrupted, int step)
    {
        using var cancel = new CancellationTokenSource();
        TrainerOptions options = Options with { Steps = 8, EvalEvery = 3 };
        using (var task = new ScriptedTask(_kernels, stepsInEpoch: 6, 1)
        {
            OnEvaluate = evaluation =>
            {
                if (evaluation == interrupted)
                    cancel.Cancel();
            },
        })
        {
            Assert.Equal((TrainingEnd.Interrupted, step), Step(Train(task, options, cancel: cancel.Token)));
        }
        using var again = new ScriptedTask(_kernels, stepsInEpoch: 6, 1);
        Assert.Equal((TrainingEnd.Finished, 8), Step(Train(again, options, RunOpening.Resume)));
        Assert.Equal([0, 3, 6, 8], StepsOf("eval"));
        Assert.Equal([0, 3, 6, 8], SavedState().History.Select(e => e.Step));
    }

    [Fact]
    public void Interrupted_after_the_first_evaluation_it_is_not_made_again()
    {
        using var cancel = new CancellationTokenSource();
        var observer = new Watcher { Evaluated = cancel.Cancel };
        using var task = new ScriptedTask(_kernels, stepsInEpoch: 2, 1);
        Assert.Equal((TrainingEnd.Interrupted, 0), Step(Train(task, Options, cancel: cancel.Token, observer: observer)));
        using var again = new ScriptedTask(_kernels, stepsInEpoch: 2, 1);
        Train(again, Options, RunOpening.Resume);
        Assert.Equal([0, 2, 3], StepsOf("eval"));
    }

    [Fact]
    public void A_run_that_had_stopped_early_takes_no_further_step()
    {
        TrainerOptions options = Options with { EarlyStopping = 1, EvaluateFirst = false, Steps = 50 };
        using var task = new ScriptedTask(_kernels, stepsInEpoch: 2, 1, 2);
        Assert.Equal((TrainingEnd.StoppedEarly, 4), Step(Train(task, options)));
        using var again = new ScriptedTask(_kernels, stepsInEpoch: 2, 2);
        Assert.Equal((TrainingEnd.StoppedEarly, 4), Step(Train(again, options, RunOpening.Resume)));
    }

    [Fact]
    public void The_last_evaluation_is_saved_even_where_its_step_was_before()
    {
        using var task = new ScriptedTask(_kernels, stepsInEpoch: 9, 1);
        Train(task, Options with { Steps = 4, SaveEvery = 2 });
        Assert.Equal([0, 4], SavedState().History.Select(e => e.Step));
        Assert.Equal("after evaluation 2", File.ReadAllText(PathOf("checkpoint", "model.txt")));
    }

    [Fact]
    public void Saves_after_a_time_too()
    {
        Assert.Equal([0, 1, 2, 3], Saved(SaveInterval.Every(TimeSpan.FromTicks(1))));
        Assert.Equal([0, 0, 0, 0], Saved(SaveInterval.Every(TimeSpan.FromHours(1))));
        Assert.Equal([0, 0, 2, 2], Saved(2));
    }

    [Theory]
    [InlineData(typeof(InvalidOperationException), "unexpected: step 4: InvalidOperationException", "failure.txt")]
    [InlineData(typeof(OutOfMemoryException), "out of memory: step 4", "`BatchSize`")]
    [InlineData(typeof(InputException), "gone")]
    public void What_ends_a_step_leaves_the_step_before_it(Type failure, params string[] parts)
    {
        using var task = new ScriptedTask(_kernels, stepsInEpoch: 9, 1)
        {
            Loss = step => step == 3 ? throw (Exception)Activator.CreateInstance(failure, "gone")! : 1,
        };
        Refusals.OfRun(() => Train(task, Options with { Steps = 9 }), [.. parts, "step 3 is saved", "`RunOpening.Resume`"]);
        Assert.Equal(3, SavedState().Step);
        Assert.Equal(parts[^1] == "failure.txt", File.Exists(PathOf("failure.txt")));
        using var again = new ScriptedTask(_kernels, stepsInEpoch: 9, 1);
        Assert.Equal((TrainingEnd.Finished, 9), Step(Train(again, Options with { Steps = 9 }, RunOpening.Resume)));
        Assert.Equal(Enumerable.Range(1, 9), StepsOf("train"));
    }

    [Fact]
    public void What_ends_the_first_step_leaves_the_model_as_it_began()
    {
        using var task = new ScriptedTask(_kernels, stepsInEpoch: 9, 1) { Loss = _ => throw new OutOfMemoryException() };
        Refusals.OfRun(() => Train(task, Options with { EvaluateFirst = false }), "out of memory: step 1", "step 0 is saved");
    }

    [Fact]
    public void Keeps_as_many_checkpoints_as_it_is_told()
    {
        using var task = new ScriptedTask(_kernels, stepsInEpoch: 9, 1);
        TrainerOptions options = Options with { SaveEvery = 1, Keep = 3 };
        Train(task, options with { Steps = 5 });
        Assert.Equal(["checkpoint", "checkpoint-3", "checkpoint-4"], Checkpoints());
        Assert.Equal((5, 3), (SavedState().Step, TrainerState.Read(PathOf("checkpoint-3", CheckpointNames.TrainerState)).Step));
        Train(task, options with { Steps = 7, Keep = 2 }, RunOpening.Resume);
        Assert.Equal(["checkpoint", "checkpoint-6"], Checkpoints());
        Train(task, options with { Steps = 1 }, RunOpening.Overwrite);
        Assert.Equal(["checkpoint"], Checkpoints());
    }

    [Fact]
    public void Time_is_that_of_steps_and_of_evaluations()
    {
        using var task = new ScriptedTask(_kernels, stepsInEpoch: 9, 1) 
        {
            OnEvaluate = _ => Thread.Sleep(20),
            Loss = _ =>
            {
                Thread.Sleep(2);
                return 1;
            },
        };
        (_, TrainerState state) = Train(task, Options with { Steps = 3 });
        Assert.InRange(state.TrainingSeconds, 0.006, state.Seconds);
        Assert.InRange(state.EvaluationSeconds, 0.04, state.Seconds - state.TrainingSeconds);
        string line = File.ReadLines(PathOf("metrics.jsonl")).Last(l => l.Contains("\"eval\""));
        Assert.True(JsonDocument.Parse(line).RootElement.TryGetProperty("seconds", out _));
    }

    private string[] Checkpoints() => [.. Directory.EnumerateDirectories(_temporary.Path, "checkpoint*").Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal)];

    // The step of the checkpoint when each step has been taken, before it is saved itself; 0: none.
    private int[] Saved(SaveInterval every)
    {
        using var task = new ScriptedTask(_kernels, stepsInEpoch: 9, 1);
        var steps = new List<int>();
        Train(task, Options with { Steps = 4, SaveEvery = every }, File.Exists(PathOf("run.json")) ? RunOpening.Overwrite : RunOpening.New, observer: new Watcher
        {
            Stepped = () => steps.Add(Directory.Exists(PathOf("checkpoint")) ? SavedState().Step : 0),
        });
        return [.. steps];
    }

    [Fact]
    public void Steps_after_the_last_checkpoint_leave_the_log()
    {
        File.WriteAllText(PathOf("metrics.jsonl"), """
            {"event":"train","step":1,"epoch":0.1,"loss":1}
            {"event":"eval","step":1,"epoch":0.1,"split":"valid","score":1}
            {"event":"eval","step":2,"epoch":0.2,"split":"valid","score":1}
            17
            {"event":"train","step":3,"epoch":0.3,"loss":1}
            {"event":"train","st
            """);
        using (var log = new MetricsLog(PathOf("metrics.jsonl"), keepUpToStep: 2, keepEvaluationsUpToStep: 1))
            log.Write("train", 3, 0.25, null, [new Metric("loss", double.NaN)]);
        Assert.Equal(
        [
            """{"event":"train","step":1,"epoch":0.1,"loss":1}""",
            """{"event":"eval","step":1,"epoch":0.1,"split":"valid","score":1}""",
            """{"event":"train","step":3,"epoch":0.25,"loss":null}""",
        ], File.ReadAllLines(PathOf("metrics.jsonl")));
    }

    [Fact]
    public void A_poisoned_weight_stops_the_run_and_the_message_names_step_and_op()
    {
        using var run = new TinyRun(PathOf("run"));
        byte[]? kept = null;
        string message = Refusals.OfRun(() => run.Train(TinyRun.Options with { SaveEvery = 2 }, step =>
        {
            if (step != 3)
                return;
            kept = run.Saved().Weights;
            run.Model.Parameters["layers.1.ffn.in.weight"].Value.Span<float>()[5] = float.NaN;
        }), "step 4", "Linear(layers.1.ffn.in.weight)", "the checkpoint of step 2 is kept");
        Assert.Contains("`LearningRate`", message);
        Assert.Equal(kept, run.Saved().Weights);
        Assert.Equal(2, TrainerState.Read(Path.Combine(run.Directory.Checkpoint, CheckpointNames.TrainerState)).Step);
        CheckpointSeal.Verify(run.Directory.Checkpoint, CheckpointNames.Weights, CheckpointNames.Optimizer);
    }

    [Fact]
    public void An_absurd_learning_rate_stops_the_run_and_no_broken_model_replaces_the_good_one()
    {
        using var run = new TinyRun(PathOf("run"));
        run.Train(TinyRun.Options with { Steps = 2 });
        byte[] good = run.Saved().Weights;
        using var resumed = new TinyRun(PathOf("run"), resume: true);
        Refusals.OfRun(() => resumed.Train(TinyRun.Options with
        {
            Steps = 9, SaveEvery = 1, Schedule = new LearningRateSchedule(ScheduleKind.Constant, 1e38, 0),
        }), "the weights are no longer numbers", "step 3", "the checkpoint of step 2 is kept");
        Assert.Equal(good, resumed.Saved().Weights);
    }

    /// <summary>A device is looked at every few steps; train_loss is the mean of all of them all the same.</summary>
    [Theory]
    [InlineData("cpu")]
    [InlineData("emulated")]
    public void The_training_loss_is_the_mean_of_all_steps(string device)
    {
        using IKernels kernels = Kernels.Devices.Open(device);
        using var task = new ScriptedTask(kernels, stepsInEpoch: 7, 1) { Loss = step => step };
        (_, TrainerState state) = Train(kernels, task, Options with { Steps = 14, LogEvery = 5 });
        Assert.Equal([3, 10], state.History.Where(e => e.Step > 0).Select(e => e.Metrics["train_loss"]));
        Assert.Equal([2, 7], Logged("loss"));
    }

    /// <summary>… and a step that is not finite is reported with its own number and op, whoever looks, and has changed no weight.</summary>
    [Theory]
    [InlineData("cpu", float.NaN, 0f, "Add")]
    [InlineData("emulated", float.NaN, 0f, "Add")]
    [InlineData("emulated", 1f, float.PositiveInfinity, "the optimizer's sum of squares")]
    [InlineData("emulated", float.NaN, float.NaN, "Add")]
    public void A_step_that_is_not_finite_is_noticed_where_it_was_taken(string device, float loss, float gradient, string culprit)
    {
        using IKernels kernels = Kernels.Devices.Open(device);
        using var task = new ScriptedTask(kernels, stepsInEpoch: 7, 1) { Loss = step => step == 8 ? loss : 1, Gradient = step => step == 8 ? gradient : 0.5f };
        float[] weights = [];
        var observer = new Watcher { SteppedTo = step => weights = step == 8 ? task.Parameters.Values.ToArray<float>() : weights };
        string message = Refusals.OfRun(() => Train(kernels, task, Options with { Steps = 14, LogEvery = 5 }, observer: observer), "step 9:", culprit);
        Assert.Contains("`LearningRate`", message);
        if (!float.IsFinite(gradient))
            Assert.Equal(weights, task.Parameters.Values.ToArray<float>());
    }

    [Fact]
    public void OneTrainerAtATimeWorksInADirectory()
    {
        using var task = new ScriptedTask(_kernels, stepsInEpoch: 3, 1);
        RunDirectory run = RunDirectory.Open(_temporary.Path, RunOpening.New);
        run.WriteOptions([]);
        using (new Trainer(_kernels, task, Options, run, new Watcher()))
        {
            foreach (RunOpening opening in Enum.GetValues<RunOpening>())
                Refusals.Of(() => RunDirectory.Open(_temporary.Path, opening), "another process is training in this run directory", _temporary.Path);
        }
        Assert.Equal((TrainingEnd.Finished, 3), Step(Train(task, Options, RunOpening.Overwrite)));
    }

    private static TrainerOptions Options { get; } = new()
    {
        Steps = 3, Schedule = new LearningRateSchedule(ScheduleKind.Constant, 1e-3, 0), RateOf = _ => new GroupRate(Decays: false),
        BestBy = "score", LogEvery = 1,
    };

    private (TrainingEnd End, TrainerState State) Train(
        ScriptedTask task, TrainerOptions options, RunOpening opening = RunOpening.New, CancellationToken cancel = default, ITrainingObserver? observer = null) =>
        Train(_kernels, task, options, opening, cancel, observer);

    private (TrainingEnd End, TrainerState State) Train(
        IKernels kernels, ScriptedTask task, TrainerOptions options, RunOpening opening = RunOpening.New, CancellationToken cancel = default,
        ITrainingObserver? observer = null)
    {
        using var trainer = new Trainer(kernels, task, options, RunDirectory.Open(_temporary.Path, opening), observer ?? new Watcher());
        return (trainer.Run(cancel), trainer.State);
    }

    private static (TrainingEnd, int) Step((TrainingEnd End, TrainerState State) outcome) => (outcome.End, outcome.State.Step);

    private int[] StepsOf(string name) => [.. File.ReadLines(PathOf("metrics.jsonl"))
        .Select(line => JsonDocument.Parse(line).RootElement)
        .Where(e => e.GetProperty("event").GetString() == name)
        .Select(e => e.GetProperty("step").GetInt32())];

    private double[] Logged(string metric) => [.. File.ReadLines(PathOf("metrics.jsonl"))
        .Select(line => JsonDocument.Parse(line).RootElement)
        .Where(e => e.GetProperty("event").GetString() == "train")
        .Select(e => e.GetProperty(metric).GetDouble())];

    private TrainerState SavedState() => TrainerState.Read(PathOf("checkpoint", CheckpointNames.TrainerState));

    private string PathOf(params string[] parts) => Path.Combine([_temporary.Path, .. parts]);

    private sealed class Watcher : ITrainingObserver
    {
        public Action? Evaluated { get; init; }

        public Action? Stepped { get; init; }

        public Action<int>? SteppedTo { get; init; }

        public void OnStep(in TrainingProgress progress)
        {
            Stepped?.Invoke();
            SteppedTo?.Invoke(progress.Step);
        }

        public void OnEvaluated(in TrainingProgress progress, IReadOnlyList<Evaluation> evaluations, bool isBest) => Evaluated?.Invoke();
    }
}
