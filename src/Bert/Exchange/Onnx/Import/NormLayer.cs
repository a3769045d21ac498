using BareBert.Bert.Exchange.Onnx.Messages;

namespace BareBert.Bert.Exchange.Onnx.Import;

/// <summary>A LayerNorm: one node, one node with the sum before it, or the nine nodes that older exporters write.</summary>
/// <param name="Node">The node that makes the output.</param>
/// <param name="Inputs">What is normalised: the sum of these.</param>
/// <param name="Output">The result.</param>
/// <param name="Weight">γ.</param>
/// <param name="Bias">β.</param>
/// <param name="Epsilon">ε.</param>
/// <param name="AddedBias">A bias that is added to the inputs; null: none.</param>
internal sealed record NormLayer(
    NodeProto Node, string[] Inputs, string Output, OnnxTensor Weight, OnnxTensor Bias, float Epsilon, OnnxTensor? AddedBias = null)
{
    /// <summary>The LayerNorm whose output a node makes; null where it is none.</summary>
    public static NormLayer? At(OnnxGraph graph, NodeProto node) => node switch
    {
        { OpType: "LayerNormalization", Input.Count: 3 } => Of(graph, node, [node.Input[0]], node.Input[1], node.Input[2], 1e-5f),
        { OpType: "SkipLayerNormalization", Input.Count: >= 4 } => Of(graph, node, [node.Input[0], node.Input[1]], node.Input[2], node.Input[3], 1e-12f)
            is { } norm ? norm with { AddedBias = node.Input.Count > 4 ? graph.Constant(node.Input[4]) : null } : null,
        { OpType: "Add", Input.Count: 2, Output.Count: 1 } => OfParts(graph, node),
        _ => null,
    };

    /// <summary>γ and β under a module's name.</summary>
    public IEnumerable<(string Name, int Piece, long[] Shape, ReadTensor Read)> Tensors(string module) =>
        [($"{module}.weight", 0, Weight.Shape, Weight.Read), ($"{module}.bias", 0, Bias.Shape, Bias.Read)];

    private static NormLayer? Of(OnnxGraph graph, NodeProto node, string[] inputs, string weight, string bias, float epsilon) =>
        graph.Constant(weight) is { IsFloating: true, Shape.Length: 1 } gamma && graph.Constant(bias) is { IsFloating: true, Shape.Length: 1 } beta
            ? new NormLayer(node, inputs, node.Output[0], gamma, beta, OnnxGraph.Float(node, "epsilon", epsilon))
            : null;

    // (x − mean)/√(variance + ε)·γ + β, where the quotient may be a product with a reciprocal.
    private static NormLayer? OfParts(OnnxGraph graph, NodeProto add)
    {
        if (Split(graph, add, "Mul") is not { } shift || Split(graph, shift.Other, "Div", "Mul") is not { } scale)
            return null;
        NodeProto quotient = scale.Other;
        NodeProto? centred = Made(graph, quotient.Input[0]), deviation = Made(graph, quotient.Input[1]);
        if (quotient.OpType == "Mul" && deviation?.OpType == "Reciprocal")
            deviation = Made(graph, deviation.Input[0]);
        if (centred is not { OpType: "Sub", Input.Count: 2 } || deviation is not { OpType: "Sqrt", Input.Count: 1 } || Made(graph, centred.Input[1])?.OpType != "ReduceMean")
            return null;
        NodeProto? variance = Made(graph, deviation.Input[0]);
        float? epsilon = variance is { OpType: "Add", Input.Count: 2 } ? graph.Scalar(variance.Input[1]) ?? graph.Scalar(variance.Input[0]) : null;
        return epsilon is null ? null : new NormLayer(add, [centred.Input[0]], add.Output[0], scale.Constant, shift.Constant, epsilon.Value);
    }

    // A node of two inputs: the constant vector, and who makes the other.
    private static (OnnxTensor Constant, NodeProto Other)? Split(OnnxGraph graph, NodeProto node, params string[] made)
    {
        if (node.Input.Count != 2)
            return null;
        for (int i = 0; i < 2; i++)
        {
            if (graph.Constant(node.Input[i]) is { IsFloating: true, Shape.Length: 1 } vector && Made(graph, node.Input[1 - i]) is { Input.Count: 2 } other && made.Contains(other.OpType))
                return (vector, other);
        }
        return null;
    }

    private static NodeProto? Made(OnnxGraph graph, string value)
    {
        NodeProto? node = graph.Producer(value);
        return node is { OpType: "Cast" or "Identity" } ? graph.Producer(node.Input[0]) : node;
    }
}
