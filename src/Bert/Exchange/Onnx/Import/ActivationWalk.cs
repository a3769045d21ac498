using BareBert.Bert.Exchange.Onnx.Messages;
using BareBert.Kernels;

namespace BareBert.Bert.Exchange.Onnx.Import;

/// <summary>Tells which activation function stands between two linear layers, as one node or as several.</summary>
internal sealed class ActivationWalk(GraphLayers layers)
{
    /// <summary>Nodes of which activation functions are made.</summary>
    public static readonly IReadOnlySet<string> Parts = new HashSet<string>(GraphWalk.Layout)
        { "Add", "Mul", "Div", "Pow", "Erf", "Tanh", "Gelu", "BiasGelu", "FastGelu", "Relu", "Sigmoid", "Swish", "QuickGelu" };

    private readonly OnnxGraph _graph = layers.Graph;

    /// <summary>The function whose result a value is, and the layer that it is applied to.</summary>
    /// <returns>The function, the layer, and the bias that the function's node adds first.</returns>
    /// <exception cref="InputException">It is none that is known.</exception>
    public (Activation Activation, LinearLayer Linear, OnnxTensor? Bias) Behind(string value)
    {
        var nodes = new List<NodeProto>();
        LinearLayer? linear = null;
        var seen = new HashSet<string>();
        var open = new Stack<string>([value]);
        while (open.TryPop(out string? next))
        {
            if (!seen.Add(next))
                continue;
            if (layers.Linears.TryGetValue(next, out LinearLayer? found))
            {
                if (linear is not null)
                    throw _graph.Refuse(found.Node, "a second linear layer behind one activation function");
                linear = found;
                continue;
            }
            if (_graph.Producer(next) is not { } node || !Parts.Contains(node.OpType))
                throw _graph.Refuse(_graph.Producer(next), $"it stands where an activation function is ({string.Join(", ", Parts.Except(GraphWalk.Layout))} are understood)");
            nodes.Add(node);
            foreach (string input in node.Input.Where(_graph.IsWeighted))
                open.Push(input);
        }
        if (linear is null)
            throw _graph.Refuse(_graph.Producer(value), "no linear layer stands before it");
        return (Function(nodes, linear), linear, Bias(nodes, linear));
    }

    private Activation Function(List<NodeProto> nodes, LinearLayer linear)
    {
        if (nodes.Exists(n => n.OpType is "Tanh" or "FastGelu" || (n.OpType == "Gelu" && OnnxGraph.Text(n, "approximate", "none") == "tanh")))
            return nodes.Exists(n => n.OpType is "Mul" or "FastGelu" or "Gelu") ? Activation.GeluTanh : Activation.Tanh;
        if (nodes.Exists(n => n.OpType is "Erf" or "Gelu" or "BiasGelu"))
            return Activation.Gelu;
        if (nodes.Find(n => n.OpType is "QuickGelu" or "Swish") is { } gate)
            return OfSlope(gate, gate.Attribute.FirstOrDefault(a => a.Name == "alpha")?.F ?? (gate.OpType == "Swish" ? 1 : ActivationFunctions.QuickGeluSlope));
        if (nodes.Exists(n => n.OpType == "Sigmoid"))
            return nodes.Find(n => n.OpType == "Mul" && Factor(n) is not null) is { } scaled ? OfSlope(scaled, Factor(scaled)!.Value) : Activation.Silu;
        return nodes.Exists(n => n.OpType == "Relu") ? Activation.Relu : throw _graph.Refuse(linear.Node, "no activation function follows this linear layer");
    }

    private float? Factor(NodeProto node) => node.Input.Select(_graph.Scalar).FirstOrDefault(factor => factor is not null);

    // x·σ(β·x).
    private Activation OfSlope(NodeProto node, double slope) => slope == 1 ? Activation.Silu
        : Math.Abs(slope - ActivationFunctions.QuickGeluSlope) <= 1e-3 ? Activation.QuickGelu
        : throw _graph.Refuse(node, $"x·sigmoid({slope:g6}·x), which is neither silu nor quick_gelu");

    private OnnxTensor? Bias(List<NodeProto> nodes, LinearLayer linear) =>
        nodes.Find(n => n is { OpType: "BiasGelu" or "FastGelu", Input.Count: 2 }) is { } node
            ? LinearLayer.Vector(_graph, node.Input[1], linear.Outputs) : null;
}
