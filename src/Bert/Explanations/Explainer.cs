using BareBert.Autograd;
using BareBert.Kernels;

namespace BareBert.Bert.Explanations;

/// <summary>How a model is looked into.</summary>
public sealed record ExplainerOptions
{
    /// <summary>The answer that is explained: a class, a token, words of the context; null: the likeliest.</summary>
    public string? Target { get; init; }

    /// <summary>Points on the way of integrated gradients.</summary>
    public int Points { get; init; } = 64;

    /// <summary>Whether a text without [MASK], which a model for masked words has no answer to, is looked into all the same: there is attention then, and no answers.</summary>
    public bool AllowsNoAnswer { get; init; }
}

/// <summary>Looks into a model while it answers: attention, what each layer would answer, which tokens the answer rests on. Safe for many threads, which take turns.</summary>
public sealed class Explainer : IDisposable
{
    /// <summary>The most tokens of a text, or of two together: attention is drawn token by token.</summary>
    public const int MostTokens = 256;

    private readonly LoadedModel _loaded;
    private readonly TaskDefinition _task;
    private readonly Tape _tape;
    private readonly DeviceTurns _turns;
    private readonly int _maxLength;

    private Explainer(LoadedModel loaded, TaskDefinition task, int maxLength) =>
        (_loaded, _task, _maxLength, _tape, _turns) = (loaded, task, maxLength, new Tape(loaded.Kernels), new DeviceTurns(loaded.Kernels, this));

    private BertModel Model => _loaded.Model;

    /// <summary>Opens a model, whatever it was trained for.</summary>
    /// <param name="path">A run's folder or a checkpoint's.</param>
    /// <param name="options">Device and length; null: the usual, up to <see cref="MostTokens"/> tokens.</param>
    /// <exception cref="InputException">There is no such model, or the length is over what it or this takes.</exception>
    public static Explainer Open(string path, InferenceOptions? options = null)
    {
        if (options is { Int8: true })
            throw new InputException($"`{nameof(options.Int8)}` has no gradients, by which answers are explained: leave it out");
        if (options?.MaxLength is > MostTokens and var asked)
            throw new InputException($"`{nameof(options.MaxLength)}` {asked} is over the {MostTokens} tokens of which attention is drawn: give {MostTokens} or less");
        ModelLocation location = ModelLocation.Find(path);
        TaskDefinition task = BertTasks.Of(location.Folder) ?? BertTasks.Encoder;
        task = task == BertTasks.Pretraining ? BertTasks.MaskedLm : task;
        return LoadedModel.Open(() => location, _ => Probes.ContainsKey(task) ? task : BertTasks.Encoder, options,
            loaded => new Explainer(loaded, task, Math.Min(loaded.MaxLength(options), MostTokens)));
    }

    /// <summary>What the model is for.</summary>
    public TaskDefinition Task => _task;

    /// <summary>Looks into the model's answer to a text, or to a question and the context that answers it.</summary>
    /// <param name="text">The text, or the question.</param>
    /// <param name="pair">The second of a pair, or the context.</param>
    /// <param name="options">What is explained, and how finely; null: the likeliest answer.</param>
    /// <param name="cancel">Stops; integrated gradients over many points take a while.</param>
    /// <exception cref="InputException">The text does not suit the model, or there is no such answer.</exception>
    public Explanation Explain(string text, string? pair = null, ExplainerOptions? options = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        options ??= new ExplainerOptions();
        if (options.Points < 1)
            throw new InputException($"`{nameof(ExplainerOptions.Points)}` {options.Points} is no number of points: give 1 or more");
        if (pair is null && _task == BertTasks.QuestionAnswering)
            throw new InputException("a model that answers questions reads two texts: the question, and the context that answers it");
        if (options.Target is not null && !Probes.ContainsKey(_task))
            throw new InputException($"`{nameof(ExplainerOptions.Target)}` {options.Target} is for a model that answers with one of several: this one is for {_task.Name}; leave it out");
        cancel.ThrowIfCancellationRequested();
        var encoder = SequenceEncoder.UpTo(Model.Tokenizer, _maxLength);
        TokenSequence sequence = pair is null ? encoder.Encode(text) : encoder.Encode(text, pair);
        if (pair is not null)
            Segments.Require(Model.Config, [sequence]);
        using Lock.Scope turn = _turns.Take();
        bool isUnanswered = options.AllowsNoAnswer && _task == BertTasks.MaskedLm && !sequence.Ids.Contains(Model.Tokenizer.Special.Mask);
        HeadProbe? probe = !isUnanswered && Probes.TryGetValue(_task, out var make) ? make(Model, sequence, pair ?? "") : null;
        (Seen seen, string answer, int[] indices, float[] logits) = Watch(sequence, probe, options.Target);
        Attribution? attribution = probe is null ? null : new Attributor(_tape, Model, probe, sequence, indices).Attribute(answer, logits, options.Points, cancel);
        return new Explanation(_loaded.Location.Folder.Path, _task.Name, Tokens(sequence), seen.Attention, seen.Layers, attribution) { Truncated = sequence.Truncated };
    }

    /// <inheritdoc/>
    public void Dispose() => _turns.Close(_tape, _loaded);

    private static readonly Dictionary<TaskDefinition, Func<BertModel, TokenSequence, string, HeadProbe>> Probes = new()
    {
        [BertTasks.MaskedLm] = (model, sequence, _) => new WordProbe(model, sequence),
        [BertTasks.Classification] = (model, _, _) => new ClassProbe(model),
        [BertTasks.QuestionAnswering] = (model, sequence, context) => new SpanProbe(model, sequence, context),
    };

    private sealed record Seen(IReadOnlyList<AttentionMap> Attention, IReadOnlyList<LayerAnswers> Layers);

    // Runs the model once, and its head on every layer's output.
    private (Seen, string, int[], float[]) Watch(TokenSequence sequence, HeadProbe? probe, string? target)
    {
        var record = new EncoderRecord(Model.Config);
        var layers = new List<LayerAnswers>();
        (string answer, int[] indices) = ("", Array.Empty<int>());
        float[] logits = [];
        var batch = new PackedBatch();
        batch.Add(sequence);
        using (_tape.Begin(TapeMode.Evaluation))
        {
            PackedInputs inputs = batch.Upload(_tape);
            Model.Encoder.Forward(_tape, Model.Encoder.SumOfEmbeddings(_tape, inputs), inputs, record);
            for (int layer = 0; probe is not null && layer < record.Hidden.Count; layer++)
            {
                Variable scores = probe.Logits(_tape, record.Hidden[layer], inputs);
                logits = FiniteValues.Of(scores.Value, "the scores");
                layers.Add(new LayerAnswers(layer, probe.Answers(logits, scores.Value.Cols)));
                if (layer == record.Hidden.Count - 1)
                    (answer, indices) = probe.Choose(logits, scores.Value.Cols, target);
            }
        }
        return (new Seen(record.Attention, layers), answer, indices, logits);
    }

    private ExplainedToken[] Tokens(TokenSequence sequence)
    {
        var tokens = new ExplainedToken[sequence.Length];
        for (int i = 0; i < tokens.Length; i++)
        {
            bool isSpecial = sequence.Texts[i] < 0;
            tokens[i] = new ExplainedToken(Model.Tokenizer.TokenOf(sequence.Ids[i]), isSpecial ? -1 : sequence.Starts[i], isSpecial ? -1 : sequence.Ends[i], isSpecial && i >= sequence.FirstSegmentLength ? 1 : Math.Max(0, sequence.Texts[i]));
        }
        return tokens;
    }
}
