using BareBert.Bert.Exchange.Onnx;
using BareBert.Bert.Exchange.Onnx.Export;
using BareBert.Bert.Exchange.Onnx.Messages;
using static BareBert.Bert.Exchange.Onnx.Export.GraphBuilder;

namespace BareBert.Tests.Onnx;

/// <summary>How a graph has its attention.</summary>
public enum FusedAttention
{
    /// <summary>com.microsoft's Attention: one weight [C, 3C] for query, key and value.</summary>
    Attention,

    /// <summary>com.microsoft's MultiHeadAttention: three multiplies, one bias [3C].</summary>
    MultiHeadAttention,

    /// <summary>One multiply by [C, 3C] and a Split.</summary>
    Split,
}

/// <summary>A BERT's encoder as onnxruntime.transformers' optimiser writes it: EmbedLayerNormalization, SkipLayerNormalization, BiasGelu and the like.</summary>
internal static class FusedGraph
{
    private static readonly string[] Microsoft = ["EmbedLayerNormalization", "SkipLayerNormalization", "BiasGelu", "Attention", "MultiHeadAttention"];

    public static ModelProto Build(BertModel model, FusedAttention attention)
    {
        var nodes = new GraphBuilder(isHalf: false);
        BertConfig config = model.Config;
        int width = config.HiddenSize;
        string Vector(string name) => nodes.Constant(name, model.Layout[name].Shape, () => model.EffectiveValuesOf(model.Layout[name]));
        string Matrix(string name) => nodes.Constant(name, [.. model.Layout[name].Shape.Reverse()], () => Transpose(model.EffectiveValuesOf(model.Layout[name]), model.Layout[name].Shape));
        string Part(string name, int part) => nodes.Constant($"{name}.{part}", [width, width],
            () => Transpose(model.EffectiveValuesOf(model.Layout[name])[(part * width * width)..((part + 1) * width * width)], [width, width]));

        string ids = nodes.Input("input_ids"), mask = nodes.Input("attention_mask"), types = nodes.Input("token_type_ids");
        string x = nodes.AddMany("EmbedLayerNormalization", 2, [Int32(ids), Int32(types), Vector("embeddings.word"), Vector("embeddings.position"),
            Vector("embeddings.type"), Vector("embeddings.norm.weight"), Vector("embeddings.norm.bias")], Attribute("epsilon", 1e-12f))[0];
        string seen = Int32(mask);
        string hidden = nodes.Add("Mul", [nodes.Add("Sub", [nodes.Number(1), nodes.CastToFloating(nodes.Add("Unsqueeze", [mask, nodes.Integers(1, 2)]))]), nodes.Number(-10000)]);
        for (int k = 0; k < config.Layers; k++)
        {
            string name = $"layers.{k}";
            x = Skip(nodes.Add("MatMul", [Attend($"{name}.attention.qkv"), Matrix($"{name}.attention.output.weight")]), $"{name}.attention.norm", $"{name}.attention.output.bias");
            string inner = nodes.Add("BiasGelu", [nodes.Add("MatMul", [x, Matrix($"{name}.ffn.in.weight")]), Vector($"{name}.ffn.in.bias")]);
            x = Skip(nodes.Add("MatMul", [inner, Matrix($"{name}.ffn.out.weight")]), $"{name}.ffn.norm", $"{name}.ffn.out.bias");
        }
        nodes.Output("last_hidden_state", x, "batch", "sequence", $"{width}");
        foreach (NodeProto node in nodes.Graph.Node.Where(n => Microsoft.Contains(n.OpType)))
            node.Domain = "com.microsoft";
        var message = new ModelProto { IrVersion = 8, Graph = nodes.Graph };
        message.OpsetImport.Add([new OperatorSetIdProto { Domain = "", Version = 17 }, new OperatorSetIdProto { Domain = "com.microsoft", Version = 1 }]);
        return message;

        string Int32(string value) => nodes.Add("Cast", [value], Attribute("to", 6));

        string Skip(string branch, string norm, string bias) => nodes.Add("SkipLayerNormalization", [branch, x, Vector($"{norm}.weight"), Vector($"{norm}.bias"), Vector(bias)], Attribute("epsilon", 1e-12f));

        string Attend(string qkv)
        {
            switch (attention)
            {
                case FusedAttention.Attention:
                    return nodes.Add("Attention", [x, Matrix($"{qkv}.weight"), Vector($"{qkv}.bias"), seen], Attribute("num_heads", config.Heads));
                case FusedAttention.MultiHeadAttention:
                    string[] parts = [.. Enumerable.Range(0, 3).Select(part => nodes.Add("MatMul", [x, Part($"{qkv}.weight", part)]))];
                    return nodes.Add("MultiHeadAttention", [.. parts, Vector($"{qkv}.bias"), seen], Attribute("num_heads", config.Heads));
                default:
                    string[] split = nodes.AddMany("Split", 3, [nodes.Add("Add", [nodes.Add("MatMul", [x, Matrix($"{qkv}.weight")]), Vector($"{qkv}.bias")])], Attribute("axis", -1));
                    string scores = nodes.Add("MatMul", [Heads(split[0], 0, 2, 1, 3), Heads(split[1], 0, 2, 3, 1)]);
                    scores = nodes.Add("Softmax", [nodes.Add("Add", [nodes.Add("Div", [scores, nodes.Number(Math.Sqrt(config.HeadSize))]), hidden])], Attribute("axis", -1));
                    string mixed = nodes.Add("Transpose", [nodes.Add("MatMul", [scores, Heads(split[2], 0, 2, 1, 3)])], Attribute("perm", [0, 2, 1, 3]));
                    return nodes.Add("Reshape", [mixed, nodes.Integers(0, 0, width)]);
            }
        }

        string Heads(string value, params ReadOnlySpan<long> order) => nodes.Add("Transpose", [nodes.Add("Reshape", [value, nodes.Integers(0, 0, config.Heads, config.HeadSize)])], Attribute("perm", order));
    }

    private static float[] Transpose(float[] values, int[] shape) =>
        [.. from col in Enumerable.Range(0, shape[1]) from row in Enumerable.Range(0, shape[0]) select values[row * shape[1] + col]];
}
