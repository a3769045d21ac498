using static BareBert.Bert.Exchange.Onnx.Export.GraphBuilder;

namespace BareBert.Bert.Exchange.Onnx.Export;

/// <summary>Writes embeddings and layers, over padded batches: what a mask of zeros hides gets no attention.</summary>
internal sealed class EncoderGraph(ModelGraph model)
{
    // As google-research/bert masks: beside it e^score is zero in every precision, and it is no infinity in any.
    private const double Hidden = -10000;

    private readonly GraphBuilder _nodes = model.Nodes;
    private readonly BertConfig _config = model.Config;

    /// <summary>Declares the inputs and writes the encoder.</summary>
    /// <returns>The last layer's output, [batch, sequence, C].</returns>
    public string Add()
    {
        string ids = _nodes.Input("input_ids"), mask = _nodes.Input("attention_mask");
        string x = Embed(ids, _config.TypeVocabSize > 0 ? _nodes.Input("token_type_ids") : null);
        _nodes.Scope = "mask/";
        string seen = _nodes.CastToFloating(_nodes.Add("Unsqueeze", [mask, _nodes.Integers(1, 2)]));
        string bias = _nodes.Add("Mul", [_nodes.Add("Sub", [_nodes.Number(1), seen]), _nodes.Number(Hidden)]);
        int pass = 0;
        foreach (int layer in _config.LayerSchedule)
        {
            _nodes.Scope = $"layer.{pass++}/";
            x = Layer(x, bias, $"layers.{layer}");
        }
        _nodes.Scope = "";
        return x;
    }

    private string Embed(string ids, string? types)
    {
        _nodes.Scope = "embeddings/";
        string length = _nodes.Add("Gather", [_nodes.Add("Shape", [ids]), _nodes.Integer(1)], Attribute("axis", 0));
        string positions = _nodes.Add("Range", [_nodes.Integer(0), length, _nodes.Integer(1)]);
        string x = _nodes.Add("Gather", [model.Parameter("embeddings.word"), ids]);
        if (types is not null)
            x = _nodes.Add("Add", [x, _nodes.Add("Gather", [model.Parameter("embeddings.type"), types])]);
        x = _nodes.Add("Add", [x, _nodes.Add("Gather", [model.Parameter("embeddings.position"), positions])]);
        x = model.Norm(x, "embeddings.norm");
        return model.Has("embeddings.projection.weight") ? model.Linear(x, "embeddings.projection") : x;
    }

    private string Layer(string x, string mask, string name)
    {
        string attended = Adapted(model.Linear(Attend(x, mask, $"{name}.attention.qkv"), $"{name}.attention.output"), $"{name}.attention.output");
        x = model.Norm(_nodes.Add("Add", [attended, x]), $"{name}.attention.norm");
        string inner = model.Activate(model.Linear(x, $"{name}.ffn.in"), _config.Activation);
        string outer = Adapted(model.Linear(inner, $"{name}.ffn.out"), $"{name}.ffn.out");
        return model.Norm(_nodes.Add("Add", [outer, x]), $"{name}.ffn.norm");
    }

    private string Attend(string x, string mask, string qkv)
    {
        string query = Heads(model.Linear(x, qkv, 0), 0, 2, 1, 3), key = Heads(model.Linear(x, qkv, 1), 0, 2, 3, 1), value = Heads(model.Linear(x, qkv, 2), 0, 2, 1, 3);
        string scores = _nodes.Add("Div", [_nodes.Add("MatMul", [query, key]), _nodes.Number(Math.Sqrt(_config.HeadSize))]);
        string shares = _nodes.Add("Softmax", [_nodes.Add("Add", [scores, mask])], Attribute("axis", -1));
        string mixed = _nodes.Add("Transpose", [_nodes.Add("MatMul", [shares, value])], Attribute("perm", [0, 2, 1, 3]));
        return _nodes.Add("Reshape", [mixed, _nodes.Integers(0, 0, _config.HiddenSize)]);
    }

    // [batch, sequence, C] as [batch, sequence, H, D], its dimensions in another order.
    private string Heads(string x, params ReadOnlySpan<long> order) => _nodes.Add("Transpose",
        [_nodes.Add("Reshape", [x, _nodes.Integers(0, 0, _config.Heads, _config.HeadSize)])], Attribute("perm", order));

    // Bottleneck adapters are layers of their own; low-rank ones are in the weights by now.
    private string Adapted(string x, string projection)
    {
        if (!model.Has($"{projection}.adapter.down.weight"))
            return x;
        string narrow = model.Activate(model.Linear(x, $"{projection}.adapter.down"), Kernels.Activation.Gelu);
        return _nodes.Add("Add", [x, model.Linear(narrow, $"{projection}.adapter.up")]);
    }
}
