using BareBert.Kernels;

namespace BareBert.Bert.Exchange.Onnx.Import;

/// <summary>The encoder that was found in a graph.</summary>
internal sealed record EncoderParts
{
    /// <summary>[V, E].</summary>
    public required OnnxTensor Words { get; init; }

    /// <summary>[P, E].</summary>
    public required OnnxTensor Positions { get; init; }

    /// <summary>[types, E]; null of a model without.</summary>
    public OnnxTensor? Types { get; init; }

    /// <summary>The embeddings' LayerNorm.</summary>
    public required NormLayer Norm { get; init; }

    /// <summary>ALBERT's layer from the embeddings' width to the layers'; null of a model without.</summary>
    public LinearRows? Projection { get; init; }

    /// <summary>The layers, in the order in which they are applied.</summary>
    public required IReadOnlyList<LayerParts> Layers { get; init; }

    /// <summary>The last layer's output.</summary>
    public string Output => Layers[^1].OutputNorm.Output;

    /// <summary>C.</summary>
    public int Width => (int)Layers[0].OutputNorm.Weight.Count;
}

/// <summary>One layer of an encoder in a graph.</summary>
internal sealed record LayerParts(
    AttentionParts Attention, LinearRows AttentionOutput, NormLayer AttentionNorm,
    LinearRows In, Activation Activation, LinearRows Out, NormLayer OutputNorm)
{
    /// <summary>All tensors of the layer by the names that they have in <see cref="ParameterLayout"/>, joined ones in pieces.</summary>
    public IEnumerable<(string Name, int Piece, long[] Shape, ReadTensor Read)> Tensors() =>
    [
        .. Attention.Query.Tensors("attention.qkv", 0), .. Attention.Key.Tensors("attention.qkv", 1), .. Attention.Value.Tensors("attention.qkv", 2),
        .. AttentionOutput.Tensors("attention.output"), .. AttentionNorm.Tensors("attention.norm"),
        .. In.Tensors("ffn.in"), .. Out.Tensors("ffn.out"), .. OutputNorm.Tensors("ffn.norm"),
    ];
}

/// <summary>The linear layers of an attention.</summary>
/// <param name="Query">W_Q.</param>
/// <param name="Key">W_K.</param>
/// <param name="Value">W_V.</param>
/// <param name="Heads">H; null where the graph does not say.</param>
internal sealed record AttentionParts(LinearRows Query, LinearRows Key, LinearRows Value, long? Heads);
