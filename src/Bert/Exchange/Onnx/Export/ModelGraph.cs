using BareBert.Kernels;
using static BareBert.Bert.Exchange.Onnx.Export.GraphBuilder;

namespace BareBert.Bert.Exchange.Onnx.Export;

/// <summary>A model's layers as nodes of a graph, with the model's own parameters.</summary>
/// <param name="model">The model; low-rank products are added to its weights.</param>
/// <param name="precision">How linear layers compute.</param>
internal sealed class ModelGraph(BertModel model, OnnxPrecision precision)
{
    private readonly Dictionary<string, ParameterSpec> _specs = model.Specs.ToDictionary(p => p.Name);
    private readonly Dictionary<string, QuantizedValue> _quantized = [];

    /// <summary>The nodes so far.</summary>
    public GraphBuilder Nodes { get; } = new(precision == OnnxPrecision.Float16);

    /// <summary>The model's sizes.</summary>
    public BertConfig Config => model.Config;

    /// <summary>How its tokens' vectors become a text's.</summary>
    public SentenceModules Sentence => model.Sentence ?? new SentenceModules();

    /// <summary>Whether the model has a parameter.</summary>
    public bool Has(string name) => _specs.ContainsKey(name);

    /// <summary>A parameter as it is.</summary>
    public string Parameter(string name)
    {
        ParameterSpec spec = _specs[name];
        return Nodes.Constant(spec.Pieces[0].HfName, spec.Shape, () => model.EffectiveValuesOf(spec));
    }

    /// <summary>x·weightᵀ + bias.</summary>
    /// <param name="x">[…, in].</param>
    /// <param name="name">The layer, as "layers.0.ffn.in".</param>
    /// <param name="part">Which of the parts of a joined layer.</param>
    public string Linear(string x, string name, int part = 0)
    {
        (ParameterSpec weight, ParameterSpec bias) = (_specs[$"{name}.weight"], _specs[$"{name}.bias"]);
        TensorPiece piece = weight.Pieces[part], biasPiece = bias.Pieces[part];
        string label = LabelOf(piece);
        string added = Nodes.Constant($"{label}.bias", biasPiece.Shape, () => model.EffectiveValuesOf(bias)[biasPiece.Offset..(biasPiece.Offset + biasPiece.Count)]);
        float[] Values() => model.EffectiveValuesOf(weight)[piece.Offset..(piece.Offset + piece.Count)];
        string product = precision == OnnxPrecision.Int8
            ? QuantizedLinear.Add(Nodes, Quantize(x), label, Values, piece.Shape[0], piece.Shape[1])
            : Nodes.Add("MatMul", [x, Nodes.Constant($"{label}.weight.T", [piece.Shape[1], piece.Shape[0]], () => TransposedValues(Values(), piece.Shape))]);
        return Nodes.Add("Add", [product, added]);
    }

    /// <summary>LayerNorm over the last dimension.</summary>
    public string Norm(string x, string name) => Nodes.Add("LayerNormalization", [x, Parameter($"{name}.weight"), Parameter($"{name}.bias")],
        Attribute("axis", -1), Attribute("epsilon", (float)Config.LayerNormEps));

    /// <summary>f(x).</summary>
    public string Activate(string x, Activation activation) => activation switch
    {
        Activation.None => x,
        Activation.Tanh => Nodes.Add("Tanh", [x]),
        Activation.Relu => Nodes.Add("Relu", [x]),
        Activation.Gelu => Gelu(x),
        Activation.GeluTanh => GeluTanh(x),
        Activation.Silu => Nodes.Add("Mul", [x, Nodes.Add("Sigmoid", [x])]),
        Activation.QuickGelu => Nodes.Add("Mul", [x, Nodes.Add("Sigmoid", [Nodes.Add("Mul", [x, Nodes.Number(ActivationFunctions.QuickGeluSlope)])])]),
        _ => throw new ArgumentOutOfRangeException(nameof(activation)),
    };

    // x·(1 + erf(x/√2))/2, in the order in which runtimes look for it.
    private string Gelu(string x)
    {
        string erf = Nodes.Add("Erf", [Nodes.Add("Div", [x, Nodes.Number(Math.Sqrt(2))])]);
        return Nodes.Add("Mul", [Nodes.Add("Mul", [x, Nodes.Add("Add", [erf, Nodes.Number(1)])]), Nodes.Number(0.5)]);
    }

    private string GeluTanh(string x)
    {
        string cube = Nodes.Add("Mul", [Nodes.Add("Mul", [x, x]), x]);
        string inner = Nodes.Add("Add", [x, Nodes.Add("Mul", [cube, Nodes.Number(0.044715)])]);
        string tanh = Nodes.Add("Tanh", [Nodes.Add("Mul", [inner, Nodes.Number(Math.Sqrt(2 / Math.PI))])]);
        return Nodes.Add("Mul", [Nodes.Add("Mul", [x, Nodes.Number(0.5)]), Nodes.Add("Add", [tanh, Nodes.Number(1)])]);
    }

    // Query, key and value read the same numbers: they are rounded once.
    private QuantizedValue Quantize(string x)
    {
        if (!_quantized.TryGetValue(x, out QuantizedValue? value))
            _quantized.Add(x, value = QuantizedValue.Of(Nodes, x));
        return value;
    }

    private static string LabelOf(TensorPiece piece) => piece.HfName[..piece.HfName.LastIndexOf('.')];

    private static float[] TransposedValues(float[] values, int[] shape)
    {
        var transposed = new float[values.Length];
        Transposed.Write<float>(values, shape[0], shape[1], transposed);
        return transposed;
    }
}
