using BareBert.Bert.Exchange.Onnx.Messages;

namespace BareBert.Bert.Exchange.Onnx.Import;

/// <summary>
/// Finds a BERT in a graph by what its nodes do, whatever they are called: embeddings are looked up, added and normalised; then
/// each layer is two LayerNorms over a sum of what came in and of a linear layer's output.
/// </summary>
internal sealed class EncoderWalk(GraphLayers layers)
{
    private static readonly IReadOnlySet<string> Quantized = new HashSet<string>
        { "MatMulInteger", "MatMulIntegerToFloat", "DynamicQuantizeMatMul", "QLinearMatMul", "QGemm", "QAttention", "MatMulNBits", "DequantizeLinear" };

    private readonly OnnxGraph _graph = layers.Graph;

    /// <exception cref="InputException">Something is not as it is in BERT; the message names the node.</exception>
    public EncoderParts Find()
    {
        if (_graph.Nodes.FirstOrDefault(n => Quantized.Contains(n.OpType)) is { } rounded)
            throw _graph.Refuse(rounded, "the model was quantised; import the float32 or float16 file that it was made from");
        EncoderParts embeddings = new EmbeddingWalk(layers).Find();
        string stream = embeddings.Norm.Output;
        if (Residual(stream) is null && ProjectionOf(stream) is { } projection)
        {
            embeddings = embeddings with { Projection = layers.Rows(projection) };
            stream = projection.Output;
        }
        var found = new List<LayerParts>();
        while (Residual(stream) is { } attention)
        {
            (NormLayer Norm, string Branch) ffn = Residual(attention.Norm.Output)
                ?? throw _graph.Refuse(attention.Norm.Node, "the output of an attention that no feed-forward layer with a residual connection follows");
            found.Add(Layer(stream, attention.Norm, attention.Branch, ffn.Norm, ffn.Branch));
            stream = ffn.Norm.Output;
        }
        if (found.Count == 0)
            throw _graph.Refuse(_graph.Consumers(stream).FirstOrDefault(), $"no layer of a BERT follows the embeddings: no LayerNorm over {Printable.Quote(stream)} and a linear layer's output");
        RequireNothingLeft(stream, found[^1].OutputNorm.Weight.Count);
        return embeddings with { Layers = found };
    }

    /// <summary>What reads a layer's output with several layers as wide is a further layer, not a head: a model must not be cut short.</summary>
    private void RequireNothingLeft(string stream, long width)
    {
        NodeProto[] wide = [.. layers.Linears.Values.Where(l => l.Outputs % width == 0 && _graph.Back(l.Input, GraphWalk.Layout, v => v == stream) == stream).Select(l => l.Node),
            .. _graph.Consumers(stream).Where(n => n.OpType is "Attention" or "MultiHeadAttention")];
        if (wide.Length > 1 || wide.Any(n => n.OpType is "Attention" or "MultiHeadAttention"))
            throw _graph.Refuse(wide[0], "a further layer begins here that is not as BERT's are: no LayerNorm over the sum of its input and its attention's output was found");
    }

    private LayerParts Layer(string stream, NormLayer attentionNorm, string attentionBranch, NormLayer outputNorm, string outputBranch)
    {
        LinearLayer attentionOutput = Linear(attentionNorm, attentionBranch), output = Linear(outputNorm, outputBranch);
        var (activation, inner, innerBias) = new ActivationWalk(layers).Behind(output.Input);
        if (_graph.Back(inner.Input, GraphWalk.Layout, v => v == attentionNorm.Output) != attentionNorm.Output)
            throw _graph.Refuse(inner.Node, "a feed-forward layer that does not read the attention's output");
        return new LayerParts(
            new AttentionWalk(layers, stream, outputNorm.Weight.Count).Find(attentionOutput.Input),
            layers.Rows(attentionOutput, attentionNorm.AddedBias), attentionNorm,
            layers.Rows(inner, innerBias), activation, layers.Rows(output, outputNorm.AddedBias), outputNorm);
    }

    private LinearLayer Linear(NormLayer norm, string branch) => layers.LinearBehind(branch, GraphWalk.Layout)
        ?? throw _graph.Refuse(_graph.Producer(_graph.Back(branch, GraphWalk.Layout)) ?? norm.Node, "it stands where a linear layer's output is added to the residual stream");

    /// <summary>The LayerNorm over the sum of a value and something else, and what that is.</summary>
    private (NormLayer Norm, string Branch)? Residual(string stream)
    {
        foreach (NormLayer norm in layers.Norms)
        {
            string[] terms = norm.Inputs is [var sum]
                ? _graph.Producer(_graph.Back(sum, GraphWalk.Layout)) is { OpType: "Add", Input.Count: 2 } add ? [.. add.Input] : []
                : norm.Inputs;
            int at = Array.FindIndex(terms, term => _graph.Back(term, GraphWalk.Layout, v => v == stream) == stream);
            if (at >= 0)
                return (norm, terms[1 - at]);
        }
        return null;
    }

    private LinearLayer? ProjectionOf(string stream) => layers.Linears.Values.FirstOrDefault(linear =>
        _graph.Back(linear.Input, GraphWalk.Layout, v => v == stream) == stream && Residual(linear.Output) is not null);
}
