using Microsoft.Extensions.AI;

namespace BareBert.Bert.Tasks;

/// <summary>
/// A model's vectors for whatever takes Microsoft.Extensions.AI's generators: vector stores, Semantic Kernel. Safe for many threads; what they ask for
/// while the device is busy runs as one batch.
/// </summary>
public sealed class TextEmbeddingGenerator : IEmbeddingGenerator<string, Embedding<float>>
{
    /// <summary>The key of <see cref="EmbeddingGenerationOptions.AdditionalProperties"/> that names one of the model's prompts: "query", "document".</summary>
    public const string PromptName = "prompt_name";

    private readonly TextEmbedder _embedder;
    private readonly EmbeddingGeneratorMetadata _metadata;
    private readonly DynamicBatches<(string Prompt, string Text), EmbeddedText> _batches;

    /// <summary>Makes a generator of an embedder, which it disposes of.</summary>
    /// <param name="embedder">The embedder.</param>
    /// <param name="modelId">What the model is called.</param>
    public TextEmbeddingGenerator(TextEmbedder embedder, string modelId)
    {
        _embedder = embedder;
        _metadata = new EmbeddingGeneratorMetadata("BareBert", defaultModelId: modelId, defaultModelDimensions: embedder.Width);
        _batches = new(embedder.EmbedAll);
    }

    /// <summary>Opens a model, as <see cref="TextEmbedder.Open(string, InferenceOptions?, Func{SentenceModules, SentenceModules}?)"/> does.</summary>
    /// <param name="path">A run's folder or a checkpoint's.</param>
    /// <param name="options">Device and length; null: the usual.</param>
    /// <param name="change">What is to be done otherwise than the model says; null: nothing.</param>
    /// <exception cref="InputException">There is no such model.</exception>
    public static TextEmbeddingGenerator Open(string path, InferenceOptions? options = null, Func<SentenceModules, SentenceModules>? change = null) =>
        new(TextEmbedder.Open(path, options, change), Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))));

    /// <inheritdoc/>
    /// <exception cref="InputException">Another number of dimensions is asked for than the model has, or a prompt that it has not.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (options?.Dimensions is int asked && asked != _embedder.Width)
            throw new InputException($"the model's vectors have {_embedder.Width} dimensions, not {asked}: ask for as many, or leave it open");
        string prompt = options?.AdditionalProperties?.TryGetValue(PromptName, out string? name) == true && name is not null ? _embedder.PromptOf(name) : _embedder.Modules.UsualPrompt;
        IReadOnlyList<EmbeddedText> all = await _batches.RunAsync([.. values.Select(text => (prompt, text))], cancellationToken).ConfigureAwait(false);
        long tokens = all.Sum(one => (long)one.Tokens);
        return new GeneratedEmbeddings<Embedding<float>>(all.Select(one => new Embedding<float>(one.Vector) { ModelId = _metadata.DefaultModelId, CreatedAt = DateTimeOffset.UtcNow }))
        {
            Usage = new UsageDetails { InputTokenCount = tokens, TotalTokenCount = tokens },
        };
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) => serviceKey is not null ? null
        : serviceType == typeof(EmbeddingGeneratorMetadata) ? _metadata
        : serviceType.IsInstanceOfType(this) ? this
        : serviceType.IsInstanceOfType(_embedder) ? _embedder : null;

    /// <inheritdoc/>
    public void Dispose() => _embedder.Dispose();
}
