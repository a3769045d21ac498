using BareBert.Autograd;
using BareBert.Kernels;

namespace BareBert.Bert.Tasks;

/// <summary>
/// Masked words and next sentence, learned together, or masked words alone where the model has no other head: what the trainer
/// needs to know of pretraining.
/// </summary>
public sealed class PretrainingTask : ITrainingTask
{
    private readonly BertModel _model;
    private readonly PretrainingHeads _heads;
    private readonly PretrainingCorpus _corpus;
    private readonly PretrainingEvaluator _evaluator;
    private readonly int _longestMicroBatchSize, _accumulate;
    private readonly IProcessGroup _group;
    private readonly Arena _totals;
    private readonly Tensor _maskedTotal, _nextTotal;
    private readonly Metric[] _losses;
    private readonly Dictionary<int, int> _stepsByEpoch = [];
    private PretrainingExamples _examples;
    private int _microBatchSize;
    private BatchFeed? _feed;
    private BatchWindow? _window;
    private long _masked, _maskedBefore;

    /// <summary>Makes the task.</summary>
    /// <param name="kernels">The device.</param>
    /// <param name="model">With the pretraining heads.</param>
    /// <param name="corpus">Training examples, and those of the watched splits.</param>
    /// <param name="batchSize">Examples of a batch; in an earlier stage, whose examples are shorter, as many more as the stage says.</param>
    /// <param name="accumulate">Batches of a step.</param>
    /// <param name="cut">Parts that a batch is cut into; divides it.</param>
    /// <param name="group">The processes that share the work out; null: there is one.</param>
    public PretrainingTask(IKernels kernels, BertModel model, PretrainingCorpus corpus, int batchSize, int accumulate, int cut = 1, IProcessGroup? group = null)
    {
        (_model, _corpus, _longestMicroBatchSize, _accumulate, _group) = (model, corpus, batchSize / cut, accumulate * cut, group ?? OneProcess.Instance);
        (_examples, _microBatchSize) = (corpus.Train, _longestMicroBatchSize);
        Stages = [.. corpus.Stages.Select(stage => stage.Training)];
        _heads = new PretrainingHeads(model);
        _losses = new Metric[_heads.HasNextSentence ? 3 : 2];
        _evaluator = new PretrainingEvaluator(model, _heads, batchSize, group);
        _totals = new Arena(kernels.Memory);
        Losses = _totals.Zeros(new Shape(2), kernels.ElementType);
        (_maskedTotal, _nextTotal) = (Losses.Slice(0, new Shape(1)), Losses.Slice(1, new Shape(1)));
    }

    /// <inheritdoc/>
    public ParameterSet Parameters => _model.Parameters;

    /// <inheritdoc/>
    public IReadOnlyList<TrainingStage> Stages { get; }

    /// <inheritdoc/>
    public void Enter(int stage)
    {
        PretrainingStage entered = _corpus.Stages[stage];
        (_examples, _microBatchSize) = (entered.Examples, _longestMicroBatchSize * entered.BatchFactor);
        _stepsByEpoch.Clear();
    }

    /// <inheritdoc/>
    public int StepsIn(int epoch)
    {
        if (!_stepsByEpoch.TryGetValue(epoch, out int steps))
            _stepsByEpoch[epoch] = steps = BatchWindow.CountIn(_examples.Plan(epoch), _microBatchSize, _accumulate);
        return steps;
    }

    /// <inheritdoc/>
    public void Seek(int epoch, int step)
    {
        _feed?.Dispose();
        _feed = new BatchFeed(_examples, _microBatchSize, _accumulate, new WindowPosition(epoch, step), Share.Of(_group));
    }

    /// <inheritdoc/>
    public WindowSize NextWindow(CancellationToken cancel)
    {
        _window = _feed!.Next(cancel);
        (_masked, _maskedBefore) = _group.Sums(_window.MaskedTokens);
        return new WindowSize(_window.Sequences, _window.Tokens);
    }

    /// <inheritdoc/>
    public int MicroBatches => _window!.Count;

    /// <inheritdoc/>
    public void ForwardBackward(Tape tape, TapeMode mode, int microBatch)
    {
        using (tape.Begin(mode))
        {
            Forward(tape, _window!, microBatch);
            tape.Backward();
        }
    }

    /// <inheritdoc/>
    public Tensor Losses { get; }

    /// <inheritdoc/>
    public IReadOnlyList<Metric> Name(ReadOnlySpan<double> values)
    {
        double masked = values[0], next = values[1];
        _losses[0] = new Metric("loss", masked + next);
        _losses[1] = new Metric("mlm_loss", masked);
        if (_heads.HasNextSentence)
            _losses[2] = new Metric($"{PretrainingObjectives.PrefixOf(_corpus.Train.Options.Segments)}_loss", next);
        return _losses;
    }

    /// <inheritdoc/>
    public IReadOnlyList<Evaluation> Evaluate(Tape tape, CancellationToken cancel, Action<EvaluationProgress>? watch = null) =>
        [.. _corpus.Watched.Select(split => _evaluator.Evaluate(tape, split, cancel, watch))];

    /// <inheritdoc/>
    public void SaveModel(string directory) => _model.Save(directory);

    /// <inheritdoc/>
    public void Dispose()
    {
        _feed?.Dispose();
        _totals.Dispose();
    }

    // Each loss is divided by what the whole window holds, so that a window is one batch however it is cut.
    private void Forward(Tape tape, BatchWindow window, int microBatch)
    {
        PretrainingBatch batch = window[microBatch];
        PackedInputs inputs = PackedInputs.Upload(
            tape, batch.Ids, batch.Positions, batch.TokenTypes, batch.Offsets, window.FirstTokenOf(microBatch), window.FirstSequenceOf(microBatch));
        int firstMasked = (int)_maskedBefore + window.FirstMaskedOf(microBatch);
        if (HeadRows.Read(tape, _model.Encoder, _heads, inputs, batch, firstMasked) is not { } read)
            return;
        if (batch.MaskedTokens > 0)
            _heads.MaskedWordLosses(tape, read.Hidden, read.Masked, tape.Upload(batch.MaskedLabels), 1.0 / _masked, _maskedTotal);
        if (_heads.HasNextSentence)
            _heads.NextSentenceLosses(tape, read.Hidden, read.Firsts, tape.Upload(batch.NextSentenceLabels), 1.0 / window.Sequences, _nextTotal);
    }
}
