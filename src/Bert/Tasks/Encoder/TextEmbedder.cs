using BareBert.Autograd;
using BareBert.Kernels;

namespace BareBert.Bert.Tasks;

/// <summary>Turns texts into vectors: the encoder's last layer, pooled. Safe for many threads, which take turns.</summary>
public sealed class TextEmbedder : IDisposable
{
    private readonly SequenceEncoder _encoder;
    private readonly SentenceVectors _vectors;
    private readonly Tape _tape;
    private readonly DeviceTurns _turns;
    private LoadedModel? _owned;

    /// <summary>Opens a model with an encoder: one that says how its vectors are made makes them so, of others they are the mean over the tokens.</summary>
    /// <param name="path">A run's folder or a checkpoint's.</param>
    /// <param name="options">Device and length; null: the usual.</param>
    /// <param name="change">What is to be done otherwise than the model says; null: nothing.</param>
    /// <exception cref="InputException">There is no such model.</exception>
    public static TextEmbedder Open(string path, InferenceOptions? options = null, Func<SentenceModules, SentenceModules>? change = null) =>
        Open(() => ModelLocation.Find(path), options, change);

    /// <inheritdoc cref="Open(string, InferenceOptions?, Func{SentenceModules, SentenceModules}?)"/>
    /// <param name="location">The model.</param>
    /// <param name="options">Device and length; null: the usual.</param>
    /// <param name="change">What is to be done otherwise than the model says; null: nothing.</param>
    public static TextEmbedder Open(ModelLocation location, InferenceOptions? options = null, Func<SentenceModules, SentenceModules>? change = null) =>
        Open(() => location, options, change);

    /// <summary>Makes an embedder.</summary>
    /// <param name="kernels">The device.</param>
    /// <param name="model">Any model with an encoder.</param>
    /// <param name="maxLength">Tokens over this are cut.</param>
    /// <param name="modules">How vectors are made; null: the mean over the tokens.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is over the model's positions.</exception>
    public TextEmbedder(IKernels kernels, BertModel model, int maxLength, SentenceModules? modules = null)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxLength, model.Config.MaxPositions);
        Modules = modules ?? new SentenceModules();
        Width = model.Config.HiddenSize;
        _encoder = SequenceEncoder.UpTo(model.Tokenizer, maxLength);
        _vectors = new SentenceVectors(model, Modules);
        (_tape, _turns) = (new Tape(kernels), new DeviceTurns(kernels, this));
    }

    /// <summary>Is told how many texts are done.</summary>
    internal Action<EvaluationProgress>? Watch { get; set; }

    /// <summary>The processes that share out what is run.</summary>
    internal IProcessGroup Group { set => _vectors.Group = value; }

    /// <summary>The device.</summary>
    internal IKernels Kernels => _tape.Kernels;

    /// <summary>C, numbers of a vector.</summary>
    public int Width { get; }

    /// <summary>How vectors are made.</summary>
    public SentenceModules Modules { get; }

    /// <summary>The vectors of texts; before each stands the model's usual prompt, if it has one.</summary>
    /// <returns>[texts][C].</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public float[][] Embed(IReadOnlyList<string> texts, CancellationToken cancel = default) =>
        Embed(texts, Modules.UsualPrompt, cancel);

    /// <summary>The vectors of texts.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="prompt">Put before each.</param>
    /// <param name="cancel">Stops.</param>
    /// <returns>[texts][C].</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public float[][] Embed(IReadOnlyList<string> texts, string prompt, CancellationToken cancel = default) =>
        [.. EmbedAll([.. texts.Select(text => (prompt, text))], cancel).Select(one => one.Vector)];

    /// <summary>The vectors of texts, each with a prompt of its own.</summary>
    internal IReadOnlyList<EmbeddedText> EmbedAll(IReadOnlyList<(string Prompt, string Text)> texts, CancellationToken cancel)
    {
        GivenTexts.Require(texts, one => one.Text);
        TokenSequence[] sequences = InParallel.Select(texts, text => Encode(text.Prompt + text.Text));
        // What stands behind the prompt's own tokens is the closing [SEP].
        int[] skipped = [.. texts.Select(text => Modules.PoolsPrompt || text.Prompt.Length == 0 ? 0 : Encode(text.Prompt).Length - 1)];
        using (_turns.Take())
            return [.. _vectors.Of(_tape, sequences, skipped, cancel, Watch).Select((vector, i) => new EmbeddedText(vector, sequences[i].Length))];
    }

    /// <summary>Compares a text with others of its kind.</summary>
    /// <returns>The others, the most alike first.</returns>
    /// <exception cref="InputException">The model's vectors are compared in a way that is not computed here.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public IReadOnlyList<SimilarText> Compare(string text, IReadOnlyList<string> others, CancellationToken cancel = default) =>
        Rank(Embed([text], cancel), Embed(others, cancel), others);

    /// <summary>Searches for what answers a text; before it and the documents stand the model's prompts for them, if it has some.</summary>
    /// <returns>The documents, the best first.</returns>
    /// <exception cref="InputException">The model's vectors are compared in a way that is not computed here.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public IReadOnlyList<SimilarText> Search(string query, IReadOnlyList<string> documents, CancellationToken cancel = default) =>
        Rank(Embed([query], Modules.QueryPrompt, cancel), Embed(documents, Modules.DocumentPrompt, cancel), documents);

    /// <summary>Measures the vectors on data.</summary>
    /// <param name="path">Whatever <see cref="EmbeddingData.ReadTests"/> takes.</param>
    /// <param name="options">Its columns; null: guessed.</param>
    /// <param name="notice">Takes what is worth knowing of the data; null: nobody.</param>
    /// <param name="cancel">Stops.</param>
    /// <exception cref="InputException">There are no such data.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public IReadOnlyList<Evaluation> Evaluate(string path, SentenceEmbeddingOptions? options = null, Action<string>? notice = null, CancellationToken cancel = default)
    {
        options ??= new SentenceEmbeddingOptions();
        IReadOnlyList<EmbeddingTest> tests = EmbeddingData.ReadTests(path, options.Columns);
        foreach (string line in tests.SelectMany(test => test.Pairs?.Notices ?? []))
            notice?.Invoke(line);
        var evaluator = new SentenceEvaluator(this, factor: options.Scale);
        return [.. tests.Select(test => evaluator.Evaluate(test, cancel))];
    }

    /// <summary>The prompt of a name.</summary>
    /// <exception cref="InputException">The model has none of that name.</exception>
    public string PromptOf(string name) => Modules.Prompts.TryGetValue(name, out string? prompt) ? prompt
        : throw new InputException($"the model has no prompt {Printable.Quote(name)}: {(Modules.Prompts.Count == 0 ? "it has none at all" : $"it has {string.Join(", ", Modules.Prompts.Keys.Select(Printable.Quote))}")}; give another name, or the text");

    /// <inheritdoc/>
    public void Dispose() => _turns.Close(_tape, _owned);

    private IReadOnlyList<SimilarText> Rank(float[][] one, float[][] others, IReadOnlyList<string> texts)
    {
        IReadOnlyList<SimilarText> found = [];
        using Lock.Scope turn = _turns.Take();
        using var similarity = new Similarity(Kernels, Modules, others);
        similarity.Compare(one, CancellationToken.None, (_, scores) =>
            found = [.. scores.Select((score, i) => new SimilarText(i, texts[i], score)).OrderByDescending(t => t.Score).ThenBy(t => t.Index)]);
        return found;
    }

    // The pooler, which a model for masked words lacks, is not used.
    private static TextEmbedder Open(Func<ModelLocation> find, InferenceOptions? options, Func<SentenceModules, SentenceModules>? change) =>
        LoadedModel.Open(find, folder => folder.Adapter is null ? BertTasks.Encoder : BertTasks.Of(folder) ?? BertTasks.Encoder, options, loaded =>
        {
            SentenceModules modules = loaded.Location.Folder.ReadSentenceModules() ?? new SentenceModules();
            modules = change?.Invoke(modules) ?? modules;
            int usual = loaded.MaxLength(options), length = options?.MaxLength ?? Math.Min(modules.MaxLength ?? usual, loaded.Model.Config.MaxPositions);
            return new TextEmbedder(loaded.Kernels, loaded.Model, length, modules) { _owned = loaded, Watch = loaded.Watch };
        });

    private TokenSequence Encode(string text) => _encoder.Encode(Modules.Lowercases ? text.ToLowerInvariant() : text);
}
