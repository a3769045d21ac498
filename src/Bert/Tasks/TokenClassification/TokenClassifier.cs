using BareBert.Autograd;

namespace BareBert.Bert.Tasks;

/// <summary>What a model says of a word.</summary>
/// <param name="Word">The word.</param>
/// <param name="Label">Its likeliest class.</param>
/// <param name="Score">Its probability.</param>
public readonly record struct LabelledWord(string Word, string Label, double Score);

/// <summary>Tells the classes of words. Safe for many threads, which take turns.</summary>
public sealed class TokenClassifier : IDisposable
{
    private readonly LoadedModel _loaded;
    private readonly TokenEvaluator _evaluator;
    private readonly Tape _tape;
    private readonly DeviceTurns _turns;
    private readonly int _maxLength;

    private TokenClassifier(LoadedModel loaded, int maxLength)
    {
        (_loaded, _maxLength) = (loaded, maxLength);
        _evaluator = new TokenEvaluator(loaded.Model, new HeadInputs(loaded.Model, HeadReading.AllTokens));
        (_tape, _turns) = (new Tape(loaded.Kernels), new DeviceTurns(loaded.Kernels, this));
    }

    /// <summary>Opens a model that was trained for this.</summary>
    /// <param name="path">A run's folder or a checkpoint's.</param>
    /// <param name="options">Device and length; null: the usual.</param>
    /// <exception cref="InputException">There is no such model.</exception>
    public static TokenClassifier Open(string path, InferenceOptions? options = null) => Open(() => ModelLocation.Find(path), options);

    /// <inheritdoc cref="Open(string, InferenceOptions?)"/>
    /// <param name="location">The model.</param>
    /// <param name="options">Device and length; null: the usual.</param>
    public static TokenClassifier Open(ModelLocation location, InferenceOptions? options = null) => Open(() => location, options);

    /// <summary>The classes of a text's words, which blanks part.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public IReadOnlyList<LabelledWord> Predict(string text, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Predict([text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)], cancel)[0];
    }

    /// <summary>The classes of the words of texts.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public IReadOnlyList<IReadOnlyList<LabelledWord>> Predict(IReadOnlyList<IReadOnlyList<string>> texts, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        foreach (IReadOnlyList<string> words in texts)
            GivenTexts.Require(words, word => word, nameof(texts));
        var examples = new TokenExamples([.. texts.Select(words => new LabelledSentence(words, [.. words.Select(_ => "")]))], [], _loaded.Model.Tokenizer, _maxLength);
        using (_turns.Take())
            return [.. texts.Zip(_evaluator.Predict(_tape, examples, cancel), (words, said) =>
                (IReadOnlyList<LabelledWord>)[.. words.Zip(said, (word, label) => new LabelledWord(word, label.Label, label.Score))])];
    }

    /// <summary>What the model says of labelled sentences: of those it was not trained on, where the data say so; else of all.</summary>
    /// <param name="path">Whatever <see cref="ConllReader.ReadSplits"/> takes.</param>
    /// <param name="cancel">Stops.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public IReadOnlyList<TokenOutcome> Evaluate(string path, CancellationToken cancel = default)
    {
        ConllSplits splits = ConllReader.ReadSplits(new DataFiles(path));
        (string Name, IReadOnlyList<LabelledSentence>? Sentences)[] parts =
            splits is { Validation: null, Test: null } ? [("data", splits.Train)] : [("valid", splits.Validation), ("test", splits.Test)];
        using (_turns.Take())
            return [.. parts.Where(part => part.Sentences is not null).Select(part => _evaluator.Evaluate(_tape, part.Name,
                new TokenExamples(part.Sentences!, _loaded.Model.LabelNames, _loaded.Model.Tokenizer, _maxLength), cancel, _loaded.Watch))];
    }

    /// <inheritdoc/>
    public void Dispose() => _turns.Close(_tape, _loaded);

    private static TokenClassifier Open(Func<ModelLocation> find, InferenceOptions? options) =>
        LoadedModel.Open(find, folder => BertTasks.Require(folder, BertTasks.TokenClassification), options, loaded => new TokenClassifier(loaded, loaded.MaxLength(options)));
}
