using BareBert.Autograd;
using BareBert.Kernels;

namespace BareBert.Bert.Tasks;

/// <summary>A guess for a masked word.</summary>
/// <param name="Token">As the vocabulary spells it.</param>
/// <param name="Id">Its id.</param>
/// <param name="Probability">In [0, 1].</param>
public readonly record struct MaskGuess(string Token, int Id, double Probability);

/// <summary>The guesses for one [MASK] of a text.</summary>
/// <param name="Position">The token's index in the sequence.</param>
/// <param name="Guesses">The likeliest first.</param>
public sealed record FilledMask(int Position, IReadOnlyList<MaskGuess> Guesses);

/// <summary>Guesses the words that [MASK] stands for. Safe for many threads, which take turns.</summary>
public sealed class MaskFiller : IDisposable
{
    private readonly BertModel _model;
    private readonly PretrainingHeads _heads;
    private readonly Tape _tape;
    private readonly DeviceTurns _turns;
    private readonly int _maxLength;
    private LoadedModel? _owned;

    /// <summary>Opens a model that was trained for this.</summary>
    /// <param name="path">A run's folder or a checkpoint's.</param>
    /// <param name="options">Device and length; null: the usual.</param>
    /// <exception cref="InputException">There is no such model.</exception>
    public static MaskFiller Open(string path, InferenceOptions? options = null) => Open(() => ModelLocation.Find(path), options);

    /// <inheritdoc cref="Open(string, InferenceOptions?)"/>
    /// <param name="location">The model.</param>
    /// <param name="options">Device and length; null: the usual.</param>
    public static MaskFiller Open(ModelLocation location, InferenceOptions? options = null) => Open(() => location, options);

    /// <param name="kernels">The device.</param>
    /// <param name="model">With the masked-word head.</param>
    /// <param name="maxLength">The most tokens of a text; null: the model's positions.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is over the model's positions.</exception>
    public MaskFiller(IKernels kernels, BertModel model, int? maxLength = null)
    {
        _model = model;
        _maxLength = maxLength ?? model.Config.MaxPositions;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_maxLength, model.Config.MaxPositions, nameof(maxLength));
        _heads = new PretrainingHeads(model);
        (_tape, _turns) = (new Tape(kernels), new DeviceTurns(kernels, this));
    }

    /// <summary>The likeliest words for every [MASK] of a text, each masked word guessed without knowing the others.</summary>
    /// <param name="text">With one [MASK] or more.</param>
    /// <param name="top">How many guesses for each.</param>
    /// <exception cref="InputException">There is no [MASK], or it is among what is cut off a text of too many tokens.</exception>
    public IReadOnlyList<FilledMask> Fill(string text, int top)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfNegative(top);
        TokenSequence sequence = SequenceEncoder.UpTo(_model.Tokenizer, _maxLength).Encode(text);
        int mask = _model.Tokenizer.Special.Mask;
        int[] masked = [.. Enumerable.Range(0, sequence.Length).Where(i => sequence.Ids[i] == mask)];
        if (masked.Length == 0)
            throw NoMask(sequence);
        if (sequence.Truncated && new SequenceEncoder(_model.Tokenizer, new SequenceOptions(int.MaxValue)).Encode(text).Ids.Count(mask) > masked.Length)
            throw new InputException($"a {Vocabulary.MaskToken} lies beyond the {_maxLength} tokens that are read: shorten the text");
        var batch = new PackedBatch();
        batch.Add(sequence);
        using Lock.Scope turn = _turns.Take();
        using (_tape.Begin(TapeMode.Evaluation))
        {
            PackedInputs inputs = batch.Upload(_tape);
            Variable hidden = _model.Encoder.Forward(_tape, inputs, WantedTokens.Upload(_tape, inputs, masked));
            Tensor logits = _heads.MaskedWordLogits(_tape, hidden).Value;
            float[] all = FiniteValues.Of(logits, "the scores of the words");
            int size = _model.Tokenizer.VocabularySize;
            return [.. masked.Select((position, i) => new FilledMask(position, Best(all.AsSpan(i * logits.Cols, size), top)))];
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turns.Close(_tape, _owned);

    private static MaskFiller Open(Func<ModelLocation> find, InferenceOptions? options) => LoadedModel.Open(find, _ => BertTasks.MaskedLm, options,
        loaded => new MaskFiller(loaded.Kernels, loaded.Model, options?.MaxLength is null ? null : loaded.MaxLength(options)) { _owned = loaded });

    /// <summary>What is said of a text without [MASK], or of one that has it among what is cut off.</summary>
    internal static InputException NoMask(TokenSequence sequence) => new(sequence.Truncated
        ? $"no {Vocabulary.MaskToken} within the {sequence.Length} tokens that are read: shorten the text"
        : $"the text has no {Vocabulary.MaskToken}: put one where a word is to be guessed, as in \"The capital of France is {Vocabulary.MaskToken}.\"");

    private MaskGuess[] Best(ReadOnlySpan<float> logits, int top)
    {
        double[] probabilities = Probabilities.Of(logits);
        float[] values = logits.ToArray();
        return [.. Enumerable.Range(0, values.Length).OrderByDescending(id => values[id]).Take(top)
            .Select(id => new MaskGuess(_model.Tokenizer.TokenOf(id), id, probabilities[id]))];
    }
}
