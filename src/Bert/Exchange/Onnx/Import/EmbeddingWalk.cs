using BareBert.Bert.Exchange.Onnx.Messages;

namespace BareBert.Bert.Exchange.Onnx.Import;

/// <summary>Finds the embeddings: rows of two or three tables, added and normalised.</summary>
internal sealed class EmbeddingWalk(GraphLayers layers)
{
    private readonly OnnxGraph _graph = layers.Graph;

    /// <summary>A table, and which of its rows are taken; null: the first ones.</summary>
    private sealed record Lookup(OnnxTensor Table, string? Rows, NodeProto? Node);

    /// <returns>An encoder without layers.</returns>
    /// <exception cref="InputException">There are none.</exception>
    public EncoderParts Find()
    {
        if (_graph.Nodes.FirstOrDefault(n => n.OpType == "EmbedLayerNormalization") is { } fused)
            return OfFused(fused);
        foreach (NormLayer norm in layers.Norms)
        {
            List<Lookup?> lookups = [.. norm.Inputs.SelectMany(input => _graph.Terms(input, v => v == norm.Output)).Select(LookupAt)];
            if (lookups.Exists(l => l?.Rows is not null))
                return Of(norm, lookups);
        }
        throw _graph.Refuse(null, "no LayerNorm over a sum of embeddings was found: it is no BERT, or its graph was changed beyond what is understood");
    }

    private EncoderParts Of(NormLayer norm, List<Lookup?> lookups)
    {
        if (lookups.Contains(null) || lookups.Count is < 2 or > 3)
            throw _graph.Refuse(norm.Node, $"it normalises a sum of {lookups.Count} terms that are not all rows of tables: words, positions and types");
        Lookup words = lookups.OfType<Lookup>().Where(l => l.Rows is not null && _graph.ReadsInput(l.Rows)).MaxBy(l => l.Table.Shape[0])
            ?? throw _graph.Refuse(norm.Node, "none of its embeddings is looked up by an input");
        Lookup[] others = [.. lookups.OfType<Lookup>().Where(l => l != words).OrderByDescending(l => l.Table.Shape[0])];
        foreach (Lookup other in others.Where(l => l.Rows is not null && _graph.ShareInput(l.Rows, words.Rows!)))
            throw _graph.Refuse(other.Node, "a second embedding that is looked up by the words' ids, as RoBERTa's positions are");
        return Parts(words.Table, others[0].Table, others.Length > 1 ? others[1].Table : null, norm);
    }

    private EncoderParts OfFused(NodeProto node)
    {
        OnnxTensor Table(int input) => (node.Input.Count > input ? _graph.Constant(node.Input[input]) : null) is { IsFloating: true } table
            ? table : throw _graph.Refuse(node, $"its input {input} is no constant");
        var norm = new NormLayer(node, [], node.Output[0], Table(5), Table(6), OnnxGraph.Float(node, "epsilon", 1e-12f));
        return Parts(Table(2), Table(3), node.Input[4].Length == 0 ? null : Table(4), norm);
    }

    private static EncoderParts Parts(OnnxTensor words, OnnxTensor positions, OnnxTensor? types, NormLayer norm) =>
        new() { Words = words, Positions = positions, Types = types, Norm = norm, Layers = [] };

    private Lookup? LookupAt(string term)
    {
        if (_graph.Producer(term) is not { Input.Count: >= 2 } node || _graph.Constant(node.Input[0]) is not { IsFloating: true, Shape.Length: 2 } table)
            return null;
        return node.OpType switch
        {
            "Gather" when OnnxGraph.Int(node, "axis", 0) == 0 => new Lookup(table, node.Input[1], node),
            "Slice" => new Lookup(table, null, node),
            _ => null,
        };
    }
}
