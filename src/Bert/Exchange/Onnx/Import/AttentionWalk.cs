using System.Globalization;
using BareBert.Bert.Exchange.Onnx.Messages;

namespace BareBert.Bert.Exchange.Onnx.Import;

/// <summary>Finds query, key and value behind an attention: as multiplies and a softmax, or as one node of a runtime's own.</summary>
/// <param name="layers">The graph's layers.</param>
/// <param name="stream">What query, key and value must all read.</param>
/// <param name="width">C.</param>
internal sealed class AttentionWalk(GraphLayers layers, string stream, long width)
{
    private const string Microsoft = "com.microsoft";

    private static readonly string[] Names = ["queries", "keys", "values"];

    private static readonly IReadOnlySet<string> ToLinear = new HashSet<string>([.. GraphWalk.Scaling, .. GraphWalk.Picking]);

    private readonly OnnxGraph _graph = layers.Graph;

    /// <summary>What makes a value that the attention's output layer reads.</summary>
    /// <exception cref="InputException">It is not BERT's attention.</exception>
    public AttentionParts Find(string context)
    {
        string value = _graph.Back(context, GraphWalk.Layout);
        NodeProto node = _graph.Producer(value) ?? throw _graph.Refuse(null, $"{Printable.Quote(value)} stands where an attention's result is");
        return node switch
        {
            { OpType: "Attention", Domain: Microsoft, Input.Count: >= 3 } => OfFused(node),
            { OpType: "MultiHeadAttention", Domain: Microsoft, Input.Count: >= 3 } => OfHeads(node, "num_heads", node.Input.Count > 3 ? node.Input[3] : ""),
            { OpType: "Attention", Input.Count: >= 3 } => OfHeads(node, "q_num_heads", ""),
            { OpType: "MatMul", Input.Count: 2 } => OfProducts(node),
            _ => throw _graph.Refuse(node, "it stands where an attention's result is (MatMul, Attention and MultiHeadAttention are understood)"),
        };
    }

    private AttentionParts OfFused(NodeProto node)
    {
        long heads = OnnxGraph.Int(node, "num_heads", 0);
        RequirePlain(node, heads, "unidirectional", "do_rotary");
        if (_graph.Back(node.Input[0], GraphWalk.Layout, v => v == stream) != stream)
            throw _graph.Refuse(node, "an attention that does not read the layer's input");
        OnnxTensor? weight = _graph.Constant(node.Input[1]), bias = LinearLayer.Vector(_graph, node.Input[2], 3 * width);
        if (weight is not { IsFloating: true, Shape: [var inputs, var outputs] } || inputs != width || outputs != 3 * width || bias is null)
            throw _graph.Refuse(node, $"its weight and bias are not [{width}, {3 * width}] and [{3 * width}] of floating-point numbers");
        var joined = new LinearRows(weight.Transpose(), bias, (int)outputs);
        return new AttentionParts(joined.Part(0, 3), joined.Part(1, 3), joined.Part(2, 3), heads);
    }

    private AttentionParts OfHeads(NodeProto node, string headsName, string bias)
    {
        OnnxTensor? biases = bias.Length > 0 ? LinearLayer.Vector(_graph, bias, 3 * width) : null;
        var parts = new LinearRows[3];
        long? heads = OnnxGraph.Int(node, headsName, 0) is > 0 and var given ? given : null;
        for (int i = 0; i < 3; i++)
        {
            var passed = new List<(NodeProto, string)>();
            parts[i] = Part(node, node.Input[i], i, passed, biases);
            heads ??= HeadsIn(passed);
        }
        heads ??= OnnxGraph.Float(node, "scale", 0) is not 0 and var scale ? HeadsOf(scale) : null;
        RequirePlain(node, heads, "unidirectional", "is_causal");
        return new AttentionParts(parts[0], parts[1], parts[2], heads);
    }

    private AttentionParts OfProducts(NodeProto mix)
    {
        var between = new List<(NodeProto Node, string Output)>();
        string scores = _graph.Back(mix.Input[0], GraphWalk.Masking, passed: between);
        NodeProto? product = _graph.Producer(scores);
        if (product is not { OpType: "MatMul" or "FusedMatMul", Input.Count: 2 } || between.Count(p => p.Node.OpType == "Softmax") != 1)
            throw _graph.Refuse(product ?? mix, "it stands where the scores of an attention are: a product of queries and keys, scaled, masked, and a softmax");
        List<(NodeProto Node, string Output)> toQuery = [], toKey = [];
        LinearRows query = Part(product, product.Input[0], 0, toQuery), key = Part(product, product.Input[1], 1, toKey), value = Part(mix, mix.Input[1], 2, []);
        // Behind the softmax nothing is scaled: those nodes were passed first.
        between.RemoveRange(0, between.FindIndex(p => p.Node.OpType == "Softmax"));
        double? scale = Scale([.. between, .. toQuery, .. toKey]) * OnnxGraph.Float(product, "alpha", 1);
        long? heads = HeadsIn(toQuery) ?? (scale is null ? null : HeadsOf(scale.Value));
        if (scale is not null)
            RequireScale(product, scale.Value, heads);
        return new AttentionParts(query, key, value, heads);
    }

    /// <summary>The linear layer behind one operand, or its part where one layer makes query, key and value.</summary>
    private LinearRows Part(NodeProto reader, string operand, int which, List<(NodeProto Node, string Output)> passed, OnnxTensor? biases = null)
    {
        LinearLayer linear = layers.LinearBehind(operand, ToLinear, passed)
            ?? throw _graph.Refuse(_graph.Producer(_graph.Back(operand, ToLinear)) ?? reader, $"it stands where a linear layer makes the {Names[which]}");
        if (_graph.Back(linear.Input, GraphWalk.Layout, v => v == stream) != stream)
            throw _graph.Refuse(linear.Node, "a linear layer of an attention that does not read the layer's input");
        layers.RequireOneBias(linear, biases);
        if (linear.Outputs == width)
            return linear.Bias is null && biases is not null
                ? new LinearRows(linear.Weight, biases, (int)width, FirstOfBias: which * (int)width) : layers.Rows(linear);
        LinearRows rows = layers.Rows(linear);
        int part = passed.FindLastIndex(p => p.Node.OpType == "Split");
        if (linear.Outputs != 3 * width || part < 0 || passed[part].Node.Output.Count != 3)
            throw _graph.Refuse(linear.Node, $"it makes {linear.Outputs} columns where query, key and value have {width} each, and no Split into three says which are which");
        return rows.Part(passed[part].Node.Output.IndexOf(passed[part].Output), 3);
    }

    private void RequirePlain(NodeProto node, long? heads, params string[] flags)
    {
        foreach (string flag in flags.Where(f => OnnxGraph.Int(node, f, 0) != 0).Concat(OnnxGraph.Float(node, "softcap", 0) == 0 ? [] : ["softcap"]))
            throw _graph.Refuse(node, $"an attention with {flag}; BERT's has none");
        // 0 stands for the usual one.
        if (OnnxGraph.Float(node, "scale", 0) is not 0 and var scale)
            RequireScale(node, scale, heads);
    }

    // The scale is one over the root of a head's width.
    private long HeadsOf(double scale) => (long)Math.Round(width * scale * scale);

    private void RequireScale(NodeProto node, double scale, long? heads)
    {
        if (heads > 0 && !(Math.Abs(scale * Math.Sqrt((double)width / heads.Value) - 1) <= 0.01))
            throw _graph.Refuse(node, string.Create(CultureInfo.InvariantCulture, $"scores are multiplied by {scale:g4}, not by one over the root of the heads' width as in BERT"));
    }

    /// <summary>What all nodes that were passed multiply by; null where one takes it from the shape of something.</summary>
    private double? Scale(List<(NodeProto Node, string Output)> passed)
    {
        double scale = 1;
        foreach (NodeProto node in passed.Select(p => p.Node).Where(n => n.OpType is "Div" or "Sub" && _graph.IsWeighted(n.Input[1])))
            throw _graph.Refuse(node, "it divides by the scores of an attention, or takes them away");
        foreach (NodeProto node in passed.Select(p => p.Node).Where(n => n.OpType is "Mul" or "Div"))
        {
            int other = _graph.IsWeighted(node.Input[0]) ? 1 : 0;
            if (_graph.Scalar(node.Input[other]) is not { } factor)
                return null;
            scale = node.OpType == "Mul" ? scale * factor : scale / factor;
        }
        return scale;
    }

    /// <summary>H, from the shape into which queries were laid out.</summary>
    private long? HeadsIn(List<(NodeProto Node, string Output)> passed)
    {
        foreach (NodeProto node in passed.Select(p => p.Node).Where(n => n is { OpType: "Reshape", Input.Count: 2 }))
        {
            if (ShapeOf(node.Input[1]) is not [_, _, var heads, var size])
                continue;
            if (heads > 0)
                return heads;
            if (size > 0 && width % size == 0)
                return width / size;
        }
        return null;
    }

    /// <summary>A shape's numbers, as far as they are constants; −1 for others.</summary>
    private long[]? ShapeOf(string value)
    {
        if (_graph.Constant(value) is { } constant)
            return constant.Integers();
        return _graph.Producer(value) is { OpType: "Concat" } concat
            ? [.. concat.Input.Select(part => _graph.Constant(part)?.Integers() is [var number] ? number : -1)] : null;
    }
}
