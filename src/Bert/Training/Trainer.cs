using System.Diagnostics;
using System.Text.Json.Nodes;
using BareBert.Autograd;
using BareBert.Bert.Distributed.Nccl;
using BareBert.Bert.Training.GradientSums;
using BareBert.Bert.Training.TensorBoard;
using BareBert.Kernels;

namespace BareBert.Bert.Training;

/// <summary>
/// The training loop: windows of micro-batches, AdamW, evaluations, checkpoints. It knows nothing of the task; that is
/// <see cref="ITrainingTask"/>'s.
/// </summary>
public sealed class Trainer : IDisposable
{
    private readonly IKernels _kernels;
    private readonly ITrainingTask _task;
    private readonly TrainerOptions _options;
    private readonly RunDirectory _run;
    private readonly IProcessGroup _group;
    private readonly RunLock? _lock; // of several processes the first's, as are the logs
    private readonly ITrainingObserver _observer;
    private readonly Tape _tape;
    private readonly GradientSum _gradient;
    private readonly OptimizerShards? _shards; // the optimizer's
    private readonly Optimizer _optimizer;
    private readonly RunSaver _saver;
    private readonly PendingSteps _pending;
    private readonly MetricsLog? _log;
    private readonly TensorBoardLog? _board;
    private readonly TrainAverages _averages;
    private readonly RunLimits _limits;
    private readonly CommonClock _clock;
    private readonly double _secondsBefore;
    private int _steps; // of this trainer
    private TrainerState _state;
    private int _stepsInEpoch;
    private int _lastEvaluated = -1;
    private int _lastSaved = -1;
    private bool _isSaved;
    private bool _canSave = true; // the weights are those of the last step that was completed, and are numbers
    private TimeSpan _savedAt; // on this trainer's clock

    /// <summary>Makes a trainer, at a run's beginning or, where its directory was opened for resuming, at its checkpoint.</summary>
    /// <param name="kernels">The device.</param>
    /// <param name="task">What is trained; its parameters already hold the initial or the checkpoint's weights.</param>
    /// <param name="options">How.</param>
    /// <param name="run">Where metrics and checkpoints go.</param>
    /// <param name="observer">Is told how it goes.</param>
    /// <exception cref="InputException">Another trainer works in the run's directory.</exception>
    public Trainer(IKernels kernels, ITrainingTask task, TrainerOptions options, RunDirectory run, ITrainingObserver observer)
    {
        (_kernels, _task, _options, _run, _observer) = (kernels, task, options, run, observer);
        (_group, _limits) = (options.Group, new RunLimits(options));
        _clock = new CommonClock(_group);
        _lock = IsFirst ? RunLock.Take(run.Path) : null;
        try
        {
            _tape = new Tape(kernels);
            _gradient = _group is NcclGroup gpus ? new DeviceSum(task, gpus) : options.SumsAsTree || _group.Size > 1 ? new TreeSum(kernels, task, _group, IsSharded) : new RunningSum(task);
            _shards = IsSharded ? new OptimizerShards(kernels, task.Parameters, _group) : null;
            _optimizer = new Optimizer(kernels, task.Parameters, options.Optimizer, options.RateOf, _shards);
            _saver = new RunSaver(task, _optimizer, run, options);
            // The host has the figures already; another device would have to be waited for.
            _pending = new PendingSteps(kernels, (int)task.Losses.Count, kernels.Memory.IsHost ? 1 : Math.Clamp(options.LogEvery, 1, MostPending));
            _state = run.IsResumed ? Checkpoint.LoadTrainer(run.Checkpoint, task.Parameters, _optimizer) : new TrainerState();
            _averages = new TrainAverages(_state.Pending);
            _optimizer.Steps = _state.Step;
            _secondsBefore = _state.Seconds;
            if (run.IsResumed)
            {
                _limits.RequireWithin(_state);
                (_lastSaved, _isSaved, _lastEvaluated) = (_state.Step, true, _state.History.Count > 0 ? _state.History[^1].Step : -1);
            }
            RequireStage();
            _log = IsFirst ? new MetricsLog(run.Metrics, _lastSaved, _lastEvaluated) : null;
            _board = IsFirst && options.Logger == TrainingLogger.Tensorboard ? new TensorBoardLog(run) : null;
        }
        catch
        {
            _log?.Dispose();
            _pending?.Dispose();
            _optimizer?.Dispose();
            _gradient?.Dispose();
            _tape?.Dispose();
            _lock?.Dispose();
            throw;
        }
    }

    /// <summary>Where the run stands.</summary>
    public TrainerState State => _state;

    /// <summary>What training in several processes cost; null where there is one.</summary>
    internal ProcessCosts? ProcessCosts
    {
        get
        {
            if (_group.Size == 1)
                return null;
            long all = 2 * _task.Parameters.Values.Bytes;
            return new ProcessCosts(_group.Size, _group.Name, (double)(_gradient.BytesSent + (_shards?.BytesSent ?? 0)) / Math.Max(1, _steps), _gradient.Exchanging.TotalSeconds, _gradient.Waiting.TotalSeconds, _shards?.MomentBytes ?? all, all);
        }
    }

    /// <summary>Tells the logger what the run is: its options.</summary>
    internal void Describe(JsonObject options) => _board?.Options(options);

    /// <summary>Trains to the end of the run, or until cancelled or something fails; in each case the last completed step is in a checkpoint.</summary>
    /// <exception cref="RunException">
    /// The loss or its gradient is no longer a number: the message names step and op. Or the weights are not: they replace no checkpoint. Or anything
    /// else failed, memory or code: the message says what was saved and how to go on.
    /// </exception>
    public TrainingEnd Run(CancellationToken cancel)
    {
        _clock.Start();
        if (_run.IsResumed && _state.HasBest && _saver.LossOfBest() is { Length: > 0 } loss)
        {
            // What follows is compared with nothing, so that the run ends with a model.
            _observer.OnNotice($"the best model so far, of step {_state.BestStep:N0}, is lost: {loss}; the best of what follows is kept, or else the last");
            _state = _state with { BestStep = -1, BestValue = 0, EvaluationsSinceBest = 0 };
            _isSaved = false;
            Save();
        }
        try
        {
            TrainingEnd end = RunEpochs(cancel);
            Save();
            return end;
        }
        catch (OperationCanceledException e) when (_group.Size > 1 ? AgreedFailure.Is(e) : cancel.IsCancellationRequested)
        {
            Save();
            return TrainingEnd.Interrupted;
        }
        catch (Exception e) when (_canSave && (_group.Size == 1 || AgreedFailure.Is(e)))
        {
            throw Rescued(e);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _board?.Dispose();
        _log?.Dispose();
        _pending.Dispose();
        _optimizer.Dispose();
        _gradient.Dispose();
        _tape.Dispose();
        _lock?.Dispose();
    }

    private bool IsFirst => _group.Rank == 0;

    private bool IsSharded => _options.Shard == Sharding.Optimizer && _group.Size > 1;

    private TrainingEnd RunEpochs(CancellationToken cancel)
    {
        OpenEpoch();
        _clock.Agree(cancel);
        if (IsEvaluationDue())
            Evaluate(cancel); // the untrained model, or an evaluation that was interrupted
        if (!IsFinished())
            Prepare(cancel);
        while (!IsFinished())
        {
            _clock.ThrowIfStopped(cancel);
            if (_options.EarlyStopping > 0 && _state.EvaluationsSinceBest >= _options.EarlyStopping && _state.Stage >= _task.Stages.Count - 1)
                return TrainingEnd.StoppedEarly;
            EnterStages();
            TrainStep(cancel);
            if (IsEvaluationDue())
                Evaluate(cancel);
            if (_state.StepInEpoch == 0 || IsSaveDue())
                Save();
            _clock.Agree(cancel);
        }
        if (_lastEvaluated < _state.Step)
            Evaluate(cancel);
        return TrainingEnd.Finished;
    }

    private bool IsEvaluationDue() => _lastEvaluated < _state.Step
        && (_state.Step == 0 ? _options.EvaluateFirst : _state.StepInEpoch == 0 || IsMultiple(_options.EvalEvery));

    private bool IsSaveDue() => IsMultiple(_options.SaveEvery.Steps)
        || (_options.SaveEvery.Time > TimeSpan.Zero && _clock.Elapsed - _savedAt >= _options.SaveEvery.Time);

    private void RequireStage()
    {
        if (_state.Stage < 0 || _state.Stage >= Math.Max(1, _task.Stages.Count))
            throw new InputException($"the checkpoint is another run's: {_run.Checkpoint}: it is in stage {_state.Stage + 1} of {Math.Max(1, _task.Stages.Count)}; resume with the run's own options");
    }

    private string? StageName => _task.Stages.Count > 0 ? _task.Stages[_state.Stage].Name : null;

    // A border cuts an epoch: the new stage goes on at the same share of it. No stage is gone back to, whatever time or a new limit say.
    private void EnterStages()
    {
        if (_task.Stages.Count == 0)
            return;
        int stage = TrainingStage.At(_task.Stages, _state.Step, _limits.StepsByTheClock(_state, _stepsInEpoch, Seconds()));
        if (stage <= _state.Stage)
            return;
        Look();
        double done = (double)_state.StepInEpoch / _stepsInEpoch;
        while (_state.Stage < stage)
            _state = _state with { StageStarts = [.. _state.StageStarts, _state.Step], EvaluationsSinceBest = 0 };
        _task.Enter(stage);
        _stepsInEpoch = _task.StepsIn(_state.Epoch);
        _state = _state with { StepInEpoch = Math.Min((int)Math.Round(done * _stepsInEpoch), _stepsInEpoch - 1) };
        _task.Seek(_state.Epoch, _state.StepInEpoch);
        _isSaved = false;
    }

    private void OpenEpoch()
    {
        if (_task.Stages.Count > 0)
            _task.Enter(_state.Stage);
        _stepsInEpoch = _task.StepsIn(_state.Epoch);
        _task.Seek(_state.Epoch, _state.StepInEpoch);
    }

    private void Prepare(CancellationToken cancel)
    {
        long start = Stopwatch.GetTimestamp();
        _task.Prepare(_tape, cancel, progress => _observer.OnEvaluating(progress));
        _state = _state with { TrainingSeconds = _state.TrainingSeconds + Stopwatch.GetElapsedTime(start).TotalSeconds };
    }

    private void TrainStep(CancellationToken cancel)
    {
        long start = Stopwatch.GetTimestamp();
        WindowSize size = _task.NextWindow(_group.Size > 1 ? default : cancel); // several stop between two steps, all at the same
        TapeMode mode = TapeMode.Training(_options.Seed, (uint)_state.Step);
        double learningRate = _options.Schedule.At(_state.Step, TotalSteps());
        _gradient.Compute(_tape, mode);
        _optimizer.MeasureGradient();
        if (_options.HistogramEvery > 0 && (_state.Step + 1) % _options.HistogramEvery == 0)
            _board?.Histograms(_state.Step + 1, _task.Parameters);
        _canSave = false;
        _optimizer.Step(learningRate);
        _steps++;
        _pending.Add(new TakenStep(_state.Step + 1, _state.Epoch, _state.StepInEpoch), _task.Losses, _optimizer.SumOfSquares);

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Advance(size, seconds);
        _canSave = true;
        if (_pending.IsFull || _state.Step == 1 || IsMultiple(_options.LogEvery)) // the first is when people look
            Look();
        _averages.Took(learningRate, size.Tokens, seconds);
        _observer.OnStep(Progress());
        if (IsMultiple(_options.LogEvery))
            Log(MetricsLog.Training, null, _averages.Take());
    }

    // At what the steps since the last time gave; waits for the device. One that was not finite has changed no weight, nor has a later one.
    private void Look()
    {
        int count = _pending.Fetch();
        for (int i = 0; i < count; i++)
        {
            IReadOnlyList<Metric> losses = _task.Name(_pending.LossesOf(i));
            double gradientNorm = _pending.GradientNormOf(i);
            if (!(double.IsFinite(losses[0].Value) && double.IsFinite(gradientNorm)))
                throw NotANumber(_pending.StepOf(i));
            _state = _state with { LossSums = losses.ToDictionary(l => l.Name, l => _state.LossSums.GetValueOrDefault(l.Name) + l.Value), LossSteps = _state.LossSteps + 1 };
            _averages.Add(losses, gradientNorm);
        }
    }

    private void Advance(WindowSize size, double seconds)
    {
        _state = _state with
        {
            Step = _state.Step + 1,
            StepInEpoch = _state.StepInEpoch + 1,
            Tokens = _state.Tokens + size.Tokens,
            TrainingSeconds = _state.TrainingSeconds + seconds,
            Seconds = Seconds(),
        };
        _isSaved = false;
        if (_state.StepInEpoch < _stepsInEpoch)
            return;
        _state = _state with { Epoch = _state.Epoch + 1, StepInEpoch = 0 };
        _stepsInEpoch = _task.StepsIn(_state.Epoch);
    }

    private void Evaluate(CancellationToken cancel)
    {
        Look();
        var meter = new EvaluationMeter(progress => _observer.OnEvaluating(progress));
        IReadOnlyList<Evaluation> evaluations = WithTrainingLoss(_task.Evaluate(_tape, cancel, meter.Watch));
        foreach (Evaluation evaluation in evaluations)
            Log(MetricsLog.Evaluation, evaluation.Split, [.. evaluation.Metrics, new Metric("seconds", Math.Round(meter.SecondsOf(evaluation.Split), 3))]);
        _state = meter.AddTo(_state, evaluations.Select(e => e.Split));
        bool isBest = evaluations.Count > 0 && Remember(evaluations);
        _lastEvaluated = _state.Step;
        _observer.OnEvaluated(Progress() with { EvaluationSeconds = meter.Seconds }, evaluations, isBest);
        if (isBest && _state.Step > 0)
            _saver.SaveBest();
    }

    // The mean loss of the steps since the last evaluation stands beside what they led to.
    private IReadOnlyList<Evaluation> WithTrainingLoss(IReadOnlyList<Evaluation> evaluations)
    {
        if (_state.LossSteps == 0)
            return evaluations;
        Metric[] losses = [.. _state.LossSums.Select(sum => new Metric($"train_{sum.Key}", sum.Value / _state.LossSteps))];
        return [.. evaluations.Select(e => e with { Metrics = [.. losses, .. e.Metrics] })];
    }

    private bool Remember(IReadOnlyList<Evaluation> evaluations)
    {
        double value = evaluations[0][_options.BestBy];
        bool isBest = double.IsFinite(value) && (_state.BestStep < 0
            || (_options.HigherIsBetter ? value > _state.BestValue : value < _state.BestValue));
        _state = _state with
        {
            History = [.. _state.History, .. evaluations.Select(e => new EvaluationRecord(EpochsDone(), _state.Step, e.Split,
                e.Metrics.Where(m => double.IsFinite(m.Value)).ToDictionary(m => m.Name, m => m.Value)) { Stage = StageName })],
            BestStep = isBest ? _state.Step : _state.BestStep,
            BestValue = isBest ? value : _state.BestValue,
            EvaluationsSinceBest = isBest ? 0 : _state.EvaluationsSinceBest + 1,
            LossSums = new Dictionary<string, double>(),
            LossSteps = 0,
            Seconds = Seconds(),
        };
        _isSaved = false;
        return isBest;
    }

    private void Save()
    {
        if (_isSaved)
            return;
        Look();
        if (!double.IsFinite(_optimizer.WeightNorm()))
        {
            _canSave = false;
            throw new RunException($"the weights are no longer numbers: step {_state.Step}; {Mending()}").Agreed();
        }
        _state = _state with { Seconds = Seconds(), Pending = _averages.Pending };
        _saver.Save(_state, _lastSaved);
        (_lastSaved, _isSaved, _savedAt) = (_state.Step, true, _clock.Elapsed);
    }

    // Whatever ended a step between two of them, or within one before its weights were touched: what was learned until then is kept, if that can be.
    private RunException Rescued(Exception e)
    {
        try
        {
            Save();
        }
        catch (Exception)
        {
            // The first failure says more, and there may be an older checkpoint.
        }
        return _run.Failed(e, $"step {_state.Step + 1}", _lastSaved < 0 ? null : $"step {_lastSaved} is saved: go on from there");
    }

    private RunException NotANumber(TakenStep step)
    {
        _canSave = false; // what leads to it is nothing to go on from
        string culprit = new NonFiniteSearch(_task, _group, _tape, _options.Seed).In(step);
        return new RunException($"the loss is not a number: step {step.Number}: {culprit}; {Mending()}").Agreed();
    }

    private string Mending() => "lower `LearningRate` or raise `Warmup` ("
        + (_lastSaved >= 0 ? $"the checkpoint of step {_lastSaved} is kept in {_run.Checkpoint})" : "no checkpoint was saved yet)");

    private bool IsFinished() => _limits.AreReached(_state, Seconds());

    private double TotalSteps() => _limits.Steps(_state, _stepsInEpoch, Seconds());

    // Steps of a device that are not looked at, at most.
    private const int MostPending = 64;

    private TrainingProgress Progress()
    {
        (double fraction, double left) = _limits.Left(_state, _stepsInEpoch, Seconds(), _averages.SecondsPerStep);
        return new TrainingProgress(_state.Step, EpochsDone(), fraction, _averages.LastLoss, _averages.LastLearningRate, _averages.TokensPerSecond, Seconds(), left, Stage: StageName);
    }

    private void Log(string name, string? split, IReadOnlyList<Metric> metrics)
    {
        _log?.Write(name, _state.Step, EpochsDone(), split, metrics, StageName);
        _board?.Scalars(split ?? name, _state.Step, metrics);
    }

    private double EpochsDone() => _state.Epoch + (double)_state.StepInEpoch / _stepsInEpoch;

    private double Seconds() => _secondsBefore + _clock.Elapsed.TotalSeconds;

    private bool IsMultiple(int every) => every > 0 && _state.Step % every == 0;
}
