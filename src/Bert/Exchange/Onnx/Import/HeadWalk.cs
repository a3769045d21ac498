using BareBert.Bert.Exchange.Onnx.Messages;
using BareBert.Kernels;

namespace BareBert.Bert.Exchange.Onnx.Import;

/// <summary>Finds pooler and heads: the linear layers that read, directly or through each other, the last layer's output.</summary>
internal sealed class HeadWalk(GraphLayers layers, EncoderParts encoder)
{
    private enum Role { Tokens, FirstToken, Mean, Pooled, Hidden, MaskedWords }

    private readonly OnnxGraph _graph = layers.Graph;
    private readonly Dictionary<string, Role> _roles = new() { [encoder.Output] = Role.Tokens };
    private readonly List<LinearLayer> _onPooled = [];
    private readonly HeadParts _parts = new();

    /// <summary>Looks at every linear layer over the encoder. What is no head that is known is left out and noted.</summary>
    public HeadParts Find()
    {
        foreach (LinearLayer linear in Above())
        {
            if (!(RoleBehind(linear.Input) is { } role && Take(linear, role)))
                _parts.Notes.Add($"left out: {OnnxGraph.Describe(linear.Node)}, a linear layer of {linear.Inputs} to {linear.Outputs} columns: no head that is known here");
        }
        foreach (LinearLayer linear in _onPooled)
            Add(linear, _parts.Has("mlm.bias") ? "nsp" : "classifier.output");
        return _parts;
    }

    // In the order of the graph, so what a layer reads was looked at before.
    private IEnumerable<LinearLayer> Above()
    {
        var above = new HashSet<string> { encoder.Output };
        foreach (NodeProto node in _graph.Nodes.Where(n => n.Input.Any(above.Contains)))
            above.UnionWith(node.Output);
        return [.. layers.Linears.Values.Where(l => above.Contains(l.Input))];
    }

    private Role? RoleBehind(string value)
    {
        var passed = new List<(NodeProto Node, string Output)>();
        string origin = _graph.Back(value, GraphWalk.Picking, _roles.ContainsKey, passed);
        if (!_roles.TryGetValue(origin, out Role role))
            return IsMean(origin) ? Role.Mean : null;
        NodeProto[] picks = [.. passed.Select(p => p.Node).Where(n => n.OpType is "Gather" or "Slice" or "Split")];
        return picks.Length == 0 ? role : role == Role.Tokens && picks.All(PicksFirst) ? Role.FirstToken : null;
    }

    private bool PicksFirst(NodeProto node) => node.OpType switch
    {
        "Gather" => OnnxGraph.Int(node, "axis", 0) == 1 && _graph.Constant(node.Input[1])?.Integers() is [0],
        // All of one axis, or the first of another.
        "Slice" => node.Input.Count < 3 || _graph.Constant(node.Input[1])?.Integers() is null or [0],
        _ => false,
    };

    // The mean over the tokens, or over those that are none of padding: a sum of products with the mask over the mask's own sum.
    private bool IsMean(string value) => _graph.Producer(value) switch
    {
        { OpType: "ReduceMean" } mean => SumsTokens(mean) && AreTokens(mean.Input[0]),
        { OpType: "Div" } quotient => !_graph.IsWeighted(quotient.Input[1])
            && _graph.Producer(_graph.Back(quotient.Input[0], GraphWalk.Layout)) is { OpType: "ReduceSum" } sum && SumsTokens(sum)
            && _graph.Producer(sum.Input[0]) is { OpType: "Mul" } product
            && product.Input.Where(_graph.IsWeighted).ToArray() is [var tokens] && AreTokens(tokens),
        _ => false,
    };

    private bool AreTokens(string value) => _graph.Back(value, GraphWalk.Layout, _roles.ContainsKey) == encoder.Output;

    private bool SumsTokens(NodeProto node) =>
        (node.Input.Count > 1 ? _graph.Constant(node.Input[1])?.Integers() : OnnxGraph.Ints(node, "axes")) is [1 or -2];

    private bool Take(LinearLayer linear, Role role)
    {
        switch (role)
        {
            case Role.FirstToken when Follows(linear, "Tanh") is { } tanh && linear.Outputs == linear.Inputs:
                Add(linear, "pooler", "Tanh");
                _roles[tanh] = Role.Pooled;
                return true;
            case Role.FirstToken or Role.Mean or Role.Pooled when Follows(linear, "Relu") is { } relu:
                _parts.ReadsMean |= role == Role.Mean;
                Add(linear, "classifier.hidden", "Relu");
                _roles[relu] = Role.Hidden;
                return true;
            case Role.Pooled:
                _onPooled.Add(linear);
                return _onPooled.Count == 1;
            case Role.Hidden or Role.Mean:
                _parts.ReadsMean |= role == Role.Mean;
                Add(linear, "classifier.output");
                return true;
            case Role.Tokens when Transform(linear) is var (norm, bias):
                _parts.Add(layers.Rows(linear, bias).Tensors("mlm.transform"));
                _parts.Add(norm.Tensors("mlm.norm"));
                _roles[norm.Output] = Role.MaskedWords;
                return true;
            case Role.Tokens when linear.Outputs == 2 && _graph.Consumers(linear.Output).Any(n => n.OpType is "Split" or "Slice" or "Gather"):
                Add(linear, "qa");
                return true;
            case Role.Tokens when linear is { Bias: not null, Outputs: >= 2 } && !_parts.Has("classifier.output.weight"):
                _parts.IsOfTokens = true;
                Add(linear, "classifier.output");
                return true;
            case Role.MaskedWords when linear.Outputs == encoder.Words.Shape[0]:
                _parts.Decoder = linear.Weight.Name == encoder.Words.Name ? null : linear.Weight;
                _parts.Add(layers.Rows(linear).Tensors("mlm").Where(t => t.Name == "mlm.bias"));
                return true;
            default:
                return false;
        }
    }

    private void Add(LinearLayer linear, string module, string activation = "") =>
        _parts.Add(layers.Rows(linear, activation: activation).Tensors(module));

    private string? Follows(LinearLayer linear, string op) => linear.Activation == op ? linear.Output : _graph.Consumers(linear.Output).FirstOrDefault(n => n.OpType == op)?.Output[0];

    /// <summary>The LayerNorm over an activation function's result of a layer, and the bias that the function adds first; null where there is none.</summary>
    private (NormLayer Norm, OnnxTensor? Bias)? Transform(LinearLayer linear)
    {
        bool activates = _graph.Consumers(linear.Output).Any(n => n.OpType is not ("Split" or "Slice" or "Gather" or "Softmax" or "Identity"));
        if (!activates)
            return null;
        foreach (NormLayer norm in layers.Norms.Where(n => n.Inputs.Length == 1 && !_roles.ContainsKey(n.Output)))
        {
            string value = _graph.Back(norm.Inputs[0], GraphWalk.Layout);
            if (!IsAbove(value))
                continue;
            (Activation activation, LinearLayer behind, OnnxTensor? bias) = new ActivationWalk(layers).Behind(value);
            if (behind != linear)
                continue;
            return activation == encoder.Layers[0].Activation ? (norm, bias)
                : throw _graph.Refuse(linear.Node, $"a head with {activation} on layers with {encoder.Layers[0].Activation}, where BERT has one for both");
        }
        return null;
    }

    private bool IsAbove(string value) => _graph.Nodes.SkipWhile(n => n != encoder.Layers[^1].OutputNorm.Node).Any(n => n.Output.Contains(value));
}
