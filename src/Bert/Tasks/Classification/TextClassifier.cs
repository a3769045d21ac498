using BareBert.Autograd;
using BareBert.Kernels;

namespace BareBert.Bert.Tasks;

/// <summary>What a classifier says of a text.</summary>
/// <param name="Text">The text.</param>
/// <param name="Text2">The second of a pair, or null.</param>
/// <param name="Label">The likeliest class's name.</param>
/// <param name="Score">Its probability, or a regression's score.</param>
/// <param name="Probabilities">[classes]; a regression's scores.</param>
public sealed record TextPrediction(string Text, string? Text2, string Label, double Score, float[] Probabilities)
{
    /// <summary>What the model's outputs are made into.</summary>
    public ScoreKind Kind { get; init; }

    /// <summary>The classes that hold: the likeliest, or where each has a probability of its own, those over <see cref="TextClassifier.Threshold"/>.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [Label];
}

/// <summary>Tells the classes of texts. Safe for many threads: they take turns, and what is asked for asynchronously while the device is busy runs as one batch.</summary>
public sealed class TextClassifier : IDisposable
{
    private readonly BertModel _model;
    private readonly ClassificationEvaluator _evaluator;
    private readonly Tape _tape;
    private readonly DeviceTurns _turns;
    private readonly DynamicBatches<(string Text, string? Text2), TextPrediction> _batches;
    private LoadedModel? _owned;
    private readonly int _maxLength;

    /// <summary>Opens a model that was trained for this.</summary>
    /// <param name="path">A run's folder or a checkpoint's.</param>
    /// <param name="options">Device and length; null: the usual.</param>
    /// <exception cref="InputException">There is no such model.</exception>
    public static TextClassifier Open(string path, InferenceOptions? options = null) => Open(() => ModelLocation.Find(path), options);

    /// <inheritdoc cref="Open(string, InferenceOptions?)"/>
    /// <param name="location">The model.</param>
    /// <param name="options">Device and length; null: the usual.</param>
    public static TextClassifier Open(ModelLocation location, InferenceOptions? options = null) => Open(() => location, options);

    /// <summary>Makes a classifier.</summary>
    /// <param name="kernels">The device.</param>
    /// <param name="model">Laid out for classification.</param>
    /// <param name="maxLength">Tokens over this are cut; 0: over the model's positions.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is negative, or over the model's positions.</exception>
    public TextClassifier(IKernels kernels, BertModel model, int maxLength = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxLength, model.Config.MaxPositions);
        _model = model;
        var head = new ClassificationHead(model);
        _evaluator = new ClassificationEvaluator(model, head, new HeadInputs(model, head.Reading));
        (_tape, _turns) = (new Tape(kernels), new DeviceTurns(kernels, this));
        _batches = new(Predict);
        _maxLength = maxLength == 0 ? model.Config.MaxPositions : maxLength;
        LabelNames = model.LabelNames;
    }

    /// <summary>Names of the classes.</summary>
    public IReadOnlyList<string> LabelNames { get; }

    /// <summary>What the model's outputs are made into, as its configuration says.</summary>
    public ScoreKind Scores => _evaluator.Scores;

    /// <summary>Where each of several classes holds or not: those of a higher probability hold.</summary>
    public double Threshold { get; set; } = 0.5;

    /// <summary>Whether each of several classes holds or not.</summary>
    public bool IsMultiLabel => Scores == ScoreKind.Sigmoid && LabelNames.Count > 1;

    /// <summary>Tells the class of each text or pair.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public IReadOnlyList<TextPrediction> Predict(IReadOnlyList<(string Text, string? Text2)> texts, CancellationToken cancel = default)
    {
        GivenTexts.Require(texts, pair => pair.Text);
        var encoder = SequenceEncoder.UpTo(_model.Tokenizer, _maxLength);
        TokenSequence[] sequences = [.. texts.Select(t => t.Text2 is null ? encoder.Encode(t.Text) : encoder.Encode(t.Text, t.Text2))];
        Segments.Require(_model.Config, sequences);
        float[][] all;
        using (_turns.Take())
            all = _evaluator.Predict(_tape, sequences, cancel, _owned?.Watch);
        return [.. texts.Zip(all, (text, probabilities) =>
        {
            int best = ClassificationOutcome.ArgMax(probabilities);
            return new TextPrediction(text.Text, text.Text2, LabelNames[best], probabilities[best], probabilities)
            {
                Kind = Scores,
                Labels = IsMultiLabel ? [.. LabelNames.Where((_, c) => probabilities[c] > Threshold)] : [LabelNames[best]],
            };
        })];
    }

    /// <summary>Tells the class of each text or pair, together with what others ask for at the same time.</summary>
    public Task<IReadOnlyList<TextPrediction>> PredictAsync(IReadOnlyList<(string Text, string? Text2)> texts, CancellationToken cancel = default) => _batches.RunAsync(texts, cancel);

    /// <summary>Tells the class of a text, together with what others ask for at the same time.</summary>
    public async Task<TextPrediction> PredictAsync(string text, CancellationToken cancel = default) => (await PredictAsync([(text, null)], cancel).ConfigureAwait(false))[0];

    /// <summary>Tells the class of a text.</summary>
    public TextPrediction Predict(string text) => Predict([(text, null)])[0];

    /// <summary>What the model says of labelled texts: of what it was not trained on, where the data say so; else of all rows.</summary>
    /// <param name="path">Whatever <see cref="ClassificationData.Read(string, TableOptions?, bool)"/> takes.</param>
    /// <param name="columns">Of a table.</param>
    /// <param name="notice">Takes what is worth knowing.</param>
    /// <param name="cancel">Stops.</param>
    /// <exception cref="InputException">There are no data, or their labels are not the model's.</exception>
    public IReadOnlyList<TextOutcome> Evaluate(string path, ClassificationOptions columns, Action<string> notice, CancellationToken cancel = default)
    {
        columns.RefuseWhatGlueSays();
        if (columns.ProblemType is { } asked && asked != _evaluator.Problem)
            throw new InputException($"`{nameof(columns.ProblemType)}` {ProblemTypes.NameOf(asked)} is not the model's, which is {ProblemTypes.NameOf(_evaluator.Problem)}: leave it out");
        ClassificationSplits splits = ClassificationData.Read(path, columns.Table with { LabelNames = LabelNames, ProblemType = _evaluator.Problem });
        (string Name, ClassificationDataset? Data)[] parts = splits is { Validation: null, Test: null } ? [("data", splits.Train)] : [("valid", splits.Validation), ("test", splits.Test)];
        var outcomes = new List<TextOutcome>();
        foreach ((string name, ClassificationDataset? read) in parts)
        {
            if (read is null)
                continue;
            ClassificationDataset part = read.WithLabels(LabelNames, path);
            foreach (string line in part.Notices)
                notice(line);
            outcomes.Add(Judge(name, part, cancel));
        }
        return outcomes;
    }

    /// <summary>What the model says of a data set whose classes are the model's.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public TextOutcome Judge(string split, ClassificationDataset data, CancellationToken cancel = default)
    {
        EncodedExamples examples = new EncodedExamples(data, _model.Tokenizer, _maxLength).For(_model.Config);
        TextOutcome outcome;
        using (_turns.Take())
            outcome = _evaluator.Evaluate(_tape, split, examples, cancel, _owned?.Watch);
        return outcome is MultiLabelOutcome labels ? labels with { Threshold = Threshold } : outcome;
    }

    /// <inheritdoc/>
    public void Dispose() => _turns.Close(_tape, _owned);

    private static TextClassifier Open(Func<ModelLocation> find, InferenceOptions? options) =>
        LoadedModel.Open(find, folder => BertTasks.Require(folder, BertTasks.Classification), options,
            loaded => new TextClassifier(loaded.Kernels, loaded.Model, loaded.MaxLength(options)) { _owned = loaded });
}
