using BareBert.Bert.Exchange.Onnx.Messages;

namespace BareBert.Bert.Exchange.Onnx.Import;

/// <summary>The linear layers and LayerNorms of a graph.</summary>
internal sealed class GraphLayers
{
    private readonly Dictionary<string, LinearLayer> _linears = [];
    private readonly List<NormLayer> _norms = [];

    public GraphLayers(OnnxGraph graph)
    {
        Graph = graph;
        foreach (NodeProto node in graph.Nodes)
        {
            if (LinearLayer.At(graph, node) is { } linear)
                _linears.TryAdd(linear.Output, linear);
            if (NormLayer.At(graph, node) is { } norm)
                _norms.Add(norm);
        }
    }

    public OnnxGraph Graph { get; }

    /// <summary>All linear layers by the value that they make.</summary>
    public IReadOnlyDictionary<string, LinearLayer> Linears => _linears;

    /// <summary>All LayerNorms, in order.</summary>
    public IReadOnlyList<NormLayer> Norms => _norms;

    /// <summary>The linear layer that makes a value, through nodes of the kinds given; null where there is none.</summary>
    public LinearLayer? LinearBehind(string value, IReadOnlySet<string> through, List<(NodeProto Node, string Output)>? passed = null) =>
        _linears.GetValueOrDefault(Graph.Back(value, through, _linears.ContainsKey, passed));

    /// <summary>A linear layer's weight and bias.</summary>
    /// <param name="linear">The layer.</param>
    /// <param name="bias">The bias that the node behind it adds, where it has none itself.</param>
    /// <param name="activation">The function that its node may apply.</param>
    /// <exception cref="InputException">There is no bias, or there are two, or another function.</exception>
    public LinearRows Rows(LinearLayer linear, OnnxTensor? bias = null, string activation = "")
    {
        if (linear.Activation.Length > 0 && linear.Activation != activation)
            throw Graph.Refuse(linear.Node, $"a linear layer with {Printable.Quote(linear.Activation)} where BERT has none");
        RequireOneBias(linear, bias);
        OnnxTensor added = linear.Bias ?? bias ?? throw Graph.Refuse(linear.Node, "a linear layer without a bias; BERT's have one");
        if (added.Count != linear.Outputs)
            throw Graph.Refuse(linear.Node, $"a bias of {added.Count} numbers for {linear.Outputs} columns");
        return new LinearRows(linear.Weight, added, (int)linear.Outputs);
    }

    /// <summary>Refuses a linear layer that has a bias where the node behind it adds another.</summary>
    public void RequireOneBias(LinearLayer linear, OnnxTensor? bias)
    {
        if (linear.Bias is not null && bias is not null)
            throw Graph.Refuse(linear.Node, "a linear layer with a bias, and behind it a second one; export the model without its runtime's own nodes");
    }
}
