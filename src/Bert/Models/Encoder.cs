using BareBert.Kernels;
using BareBert.Autograd;
using BareBert.Autograd.Ops;

namespace BareBert.Bert.Models;

/// <summary>
/// The transformer encoder of BERT, DistilBERT and ALBERT: embeddings, then layers of self-attention and feed-forward,
/// each followed by a residual connection and LayerNorm.
/// </summary>
/// <remarks>Devlin et al. 2018, arXiv:1810.04805; post-LN as in Vaswani et al. 2017, arXiv:1706.03762.</remarks>
public sealed class Encoder
{
    private readonly BertConfig _config;
    private readonly Parameter _word, _position, _embeddingNormWeight, _embeddingNormBias;
    private readonly Parameter? _type, _projectionWeight, _projectionBias, _poolerWeight, _poolerBias;
    private readonly EncoderLayer[] _layers;

    /// <summary>Finds the encoder's parameters in a set.</summary>
    /// <param name="config">The model's sizes.</param>
    /// <param name="parameters">Holds at least the encoder's; a pooler only if there is one.</param>
    /// <param name="hasPooler">Whether the set holds the pooler.</param>
    /// <param name="projection">Gives a layer's linear layer by name; one of the set's parameters unless given.</param>
    public Encoder(BertConfig config, ParameterSet parameters, bool hasPooler, Func<string, IProjection>? projection = null)
    {
        projection ??= name => LinearProjection.Of(parameters[$"{name}.weight"], parameters[$"{name}.bias"]);
        _config = config;
        _word = parameters["embeddings.word"];
        _position = parameters["embeddings.position"];
        _type = config.TypeVocabSize > 0 ? parameters["embeddings.type"] : null;
        (_embeddingNormWeight, _embeddingNormBias) = (parameters["embeddings.norm.weight"], parameters["embeddings.norm.bias"]);
        // ALBERT has it where the widths are the same too.
        if (parameters.Contains("embeddings.projection.weight"))
            (_projectionWeight, _projectionBias) = (parameters["embeddings.projection.weight"], parameters["embeddings.projection.bias"]);
        if (hasPooler)
            (_poolerWeight, _poolerBias) = (parameters["pooler.weight"], parameters["pooler.bias"]);
        var distinct = new EncoderLayer[config.DistinctLayers];
        for (int i = 0; i < distinct.Length; i++)
            distinct[i] = new EncoderLayer(config, parameters, projection, $"layers.{i}");
        _layers = [.. config.LayerSchedule.Select(i => distinct[i])];
    }

    /// <summary>The word embeddings, [V, E]: the decoder of the masked-word head is tied to them.</summary>
    public Parameter WordEmbeddings => _word;

    /// <summary>Runs the encoder.</summary>
    /// <param name="tape">Where it is recorded.</param>
    /// <param name="inputs">The batch.</param>
    /// <returns>[tokens, C], the last layer's output.</returns>
    public Variable Forward(Tape tape, PackedInputs inputs) => Forward(tape, SumOfEmbeddings(tape, inputs), inputs, null);

    /// <summary>Runs the encoder for a few tokens' output: most of the last layer is left out for the others, forward and backward.</summary>
    /// <param name="tape">Where it is recorded.</param>
    /// <param name="inputs">The batch.</param>
    /// <param name="wanted">The tokens.</param>
    /// <returns>[n, C], the last layer's output.</returns>
    public Variable Forward(Tape tape, PackedInputs inputs, WantedTokens wanted)
    {
        Variable x = BeforeLayers(tape, SumOfEmbeddings(tape, inputs), inputs);
        foreach (EncoderLayer layer in _layers.AsSpan(..^1))
            x = layer.Forward(tape, x, inputs, null);
        return _layers[^1].Forward(tape, x, inputs, wanted);
    }

    /// <summary>Runs all that comes after the lookup.</summary>
    /// <param name="tape">Where it is recorded.</param>
    /// <param name="embeddings">[tokens, E], as <see cref="SumOfEmbeddings"/> gives them, or anything in their place.</param>
    /// <param name="inputs">The batch.</param>
    /// <param name="watcher">Is shown what each layer makes; null: nobody.</param>
    internal Variable Forward(Tape tape, Variable embeddings, PackedInputs inputs, IEncoderWatcher? watcher)
    {
        Variable x = BeforeLayers(tape, embeddings, inputs);
        watcher?.OnHidden(x);
        foreach (EncoderLayer layer in _layers)
        {
            x = layer.Forward(tape, x, inputs, watcher);
            watcher?.OnHidden(x);
        }
        return x;
    }

    private Variable BeforeLayers(Tape tape, Variable embeddings, PackedInputs inputs)
    {
        Variable x = LayerNorm.Apply(tape, embeddings, _embeddingNormWeight, _embeddingNormBias, _config.LayerNormEps);
        x = Dropout.Apply(tape, x, _config.HiddenDropout, inputs.FirstToken);
        return _projectionWeight is null ? x : Linear.Apply(tape, x, _projectionWeight, _projectionBias);
    }

    /// <summary>Each token's vector: of its word, its position and its type, added. [tokens, E].</summary>
    internal Variable SumOfEmbeddings(Tape tape, PackedInputs inputs) =>
        Embedding.Apply(tape, _word, _position, _type, inputs.Ids, inputs.Positions, inputs.Types);

    /// <summary>The pooler, tanh(x·weightᵀ + bias), on what <see cref="FirstTokens"/> gave: [B, C].</summary>
    public Variable Pool(Tape tape, Variable firstTokens) =>
        Linear.Apply(tape, firstTokens, _poolerWeight!, _poolerBias, Activation.Tanh);

    /// <summary>The last layer's output at each sequence's first token, [CLS]: [B, C].</summary>
    public static Variable FirstTokens(Tape tape, Variable hidden, PackedInputs inputs) => GatherRows.Apply(tape, hidden, inputs.FirstRows);

    /// <summary>The mean of the last layer's output over each sequence's tokens: [B, C].</summary>
    public static Variable Means(Tape tape, Variable hidden, PackedInputs inputs) =>
        SequenceSum.Apply(tape, hidden, inputs.Offsets, isMean: true);
}
