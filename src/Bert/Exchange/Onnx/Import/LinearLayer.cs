using BareBert.Bert.Exchange.Onnx.Messages;

namespace BareBert.Bert.Exchange.Onnx.Import;

/// <summary>A multiply by a constant matrix, and the bias that is added to its product.</summary>
/// <param name="Node">The multiply.</param>
/// <param name="Input">What is multiplied.</param>
/// <param name="Output">The product with its bias.</param>
/// <param name="Weight">[out, in], as PyTorch has it.</param>
/// <param name="Bias">[out]; null where the node that reads the product adds it.</param>
/// <param name="Activation">The function that the same node applies to the sum, as ONNX calls it; empty: none.</param>
internal sealed record LinearLayer(NodeProto Node, string Input, string Output, OnnxTensor Weight, OnnxTensor? Bias, string Activation = "")
{
    /// <summary>Columns of the product.</summary>
    public long Outputs => Weight.Shape[0];

    /// <summary>Columns of what is multiplied.</summary>
    public long Inputs => Weight.Shape[1];

    /// <summary>The layer whose multiply a node is; null where it is none.</summary>
    public static LinearLayer? At(OnnxGraph graph, NodeProto node) => node switch
    {
        { OpType: "MatMul" or "FusedMatMul", Input.Count: 2, Output.Count: 1 } => OfMatMul(graph, node),
        { OpType: "Gemm" or "FusedGemm", Input.Count: 2 or 3, Output.Count: 1 } => OfGemm(graph, node),
        _ => null,
    };

    private static LinearLayer? OfMatMul(OnnxGraph graph, NodeProto node)
    {
        bool isPlain = OnnxGraph.Int(node, "transA", 0) == 0 && OnnxGraph.Float(node, "alpha", 1) == 1;
        if (!isPlain || !graph.IsWeighted(node.Input[0]) || Matrix(graph, node.Input[1]) is not { } weight)
            return null;
        weight = OnnxGraph.Int(node, "transB", 0) == 0 ? weight.Transpose() : weight;
        string product = node.Output[0];
        foreach (NodeProto add in graph.Consumers(product).Where(n => n is { OpType: "Add", Input.Count: 2, Output.Count: 1 }))
        {
            if (Vector(graph, add.Input[add.Input[0] == product ? 1 : 0], weight.Shape[0]) is { } bias)
                return new LinearLayer(node, node.Input[0], add.Output[0], weight, bias);
        }
        return new LinearLayer(node, node.Input[0], product, weight, null);
    }

    private static LinearLayer? OfGemm(OnnxGraph graph, NodeProto node)
    {
        bool isPlain = OnnxGraph.Int(node, "transA", 0) == 0 && OnnxGraph.Float(node, "alpha", 1) == 1 && OnnxGraph.Float(node, "beta", 1) == 1;
        if (!isPlain || !graph.IsWeighted(node.Input[0]) || Matrix(graph, node.Input[1]) is not { } weight)
            return null;
        weight = OnnxGraph.Int(node, "transB", 0) == 0 ? weight.Transpose() : weight;
        OnnxTensor? bias = node.Input.Count == 3 ? Vector(graph, node.Input[2], weight.Shape[0]) : null;
        return new LinearLayer(node, node.Input[0], node.Output[0], weight, bias, OnnxGraph.Text(node, "activation", ""));
    }

    private static OnnxTensor? Matrix(OnnxGraph graph, string value) =>
        graph.Constant(value) is { IsFloating: true, Shape.Length: 2 } matrix ? matrix : null;

    /// <summary>A constant vector of that length; null for other values.</summary>
    public static OnnxTensor? Vector(OnnxGraph graph, string value, long length) =>
        graph.Constant(value) is { IsFloating: true } vector && vector.Count == length && vector.Shape is [.., var last] && last == length ? vector : null;
}
