using BareBert.Bert.Exchange.Onnx.Messages;
using Google.Protobuf;

namespace BareBert.Bert.Exchange.Onnx.Import;

/// <summary>The graph of an ONNX file, ready to be walked: who makes a value, who reads it, which values are constants.</summary>
/// <remarks>
/// Nodes stand in an order in which each reads only what earlier ones made (onnx/docs/IR.md), which is checked: so there are no circles,
/// and one pass over them says of every value what it depends on.
/// </remarks>
internal sealed class OnnxGraph
{
    private readonly Dictionary<string, NodeProto> _producers = [];
    private readonly Dictionary<string, List<NodeProto>> _consumers = [];
    private readonly Dictionary<string, OnnxTensor> _constants = [];
    private readonly Dictionary<string, int> _inputs = [];
    private readonly HashSet<string> _weighted = [];
    private readonly Dictionary<string, ulong> _reads = [];
    private readonly string _folder;

    private OnnxGraph(string path, ModelProto model)
    {
        Path = path;
        _folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;
        Nodes = model.Graph.Node;
        Metadata = model.MetadataProps.DistinctBy(p => p.Key).ToDictionary(p => p.Key, p => p.Value);
        foreach (TensorProto tensor in model.Graph.Initializer)
            AddConstant(tensor.Name, tensor);
        foreach (ValueInfoProto input in model.Graph.Input.Where(i => !_constants.ContainsKey(i.Name)))
            Require(_inputs.TryAdd(input.Name, _inputs.Count), $"two inputs are called {Printable.Quote(input.Name)}");
        foreach (NodeProto node in Nodes)
            Add(node);
    }

    /// <summary>The file, for messages.</summary>
    public string Path { get; }

    /// <summary>All nodes, in order.</summary>
    public IReadOnlyList<NodeProto> Nodes { get; }

    /// <summary>What the file says of itself.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="InputException">It is missing, no ONNX file, or its graph does not hang together.</exception>
    public static OnnxGraph Open(string path)
    {
        ModelProto model;
        try
        {
            using FileStream stream = InputFiles.Open(path);
            model = ModelProto.Parser.ParseFrom(stream);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InputException($"not an ONNX file, or one that was cut short: {path}; fetch it again", e);
        }
        if (model.Graph is null || model.Graph.Node.Count == 0)
            throw new InputException($"not an ONNX file: {path} has no graph; name a model.onnx");
        return new OnnxGraph(path, model);
    }

    /// <summary>The node that makes a value; null for inputs and constants.</summary>
    public NodeProto? Producer(string value) => _producers.GetValueOrDefault(value);

    /// <summary>The nodes that read a value.</summary>
    public IReadOnlyList<NodeProto> Consumers(string value) => _consumers.TryGetValue(value, out List<NodeProto>? nodes) ? nodes : [];

    /// <summary>A value that is the same whatever the inputs are; null for others.</summary>
    public OnnxTensor? Constant(string value) => _constants.GetValueOrDefault(value);

    /// <summary>A constant of one floating-point number; null for other values.</summary>
    public float? Scalar(string value) => Constant(value) is { IsFloating: true, Count: 1 } constant ? constant.Floats()[0] : null;

    /// <summary>Whether a value depends on numbers that were learned, not on the inputs' shapes, a mask and single numbers alone.</summary>
    public bool IsWeighted(string value) => _weighted.Contains(value);

    /// <summary>Whether a value is a graph's input or depends on what is in one, not only on its shape.</summary>
    public bool ReadsInput(string value) => Reads(value) != 0;

    /// <summary>Whether two values depend on what is in the same input.</summary>
    public bool ShareInput(string a, string b) => (Reads(a) & Reads(b)) != 0;

    private ulong Reads(string value) => _inputs.TryGetValue(value, out int input) ? 1UL << (input & 63) : _reads.GetValueOrDefault(value);

    /// <summary>What a message calls a node.</summary>
    public static string Describe(NodeProto node) => node.Name.Length > 0
        ? $"{Plain(node.OpType)} {Printable.Quote(node.Name)}"
        : $"{Plain(node.OpType)} that makes {Printable.Quote(node.Output.FirstOrDefault() ?? "")}";

    /// <summary>The refusal of what stands at a node.</summary>
    public InputException Refuse(NodeProto? node, string why) => new($"cannot read the graph: {Path}: "
        + (node is null ? why : $"{Describe(node)}: {why}"));

    private static string Plain(string op) => Printable.Quote(op)[1..^1];

    /// <summary>The least inputs of nodes that are looked into.</summary>
    private static int LeastInputs(string op) => op switch
    {
        "Add" or "Sub" or "Mul" or "Div" or "Pow" or "MatMul" or "FusedMatMul" or "Gemm" or "FusedGemm" or "Gather" or "Expand" => 2,
        "Where" or "LayerNormalization" or "Attention" or "MultiHeadAttention" => 3,
        "SkipLayerNormalization" => 4,
        "EmbedLayerNormalization" => 7,
        "Constant" => 0,
        _ => GraphWalk.Picking.Contains(op) || GraphWalk.Masking.Contains(op) || ActivationWalk.Parts.Contains(op) || op is "Sqrt" or "Reciprocal" or "Shape" or "ReduceMean" or "ReduceSum" ? 1 : 0,
    };

    private void Add(NodeProto node)
    {
        Require(node.Input.Count >= LeastInputs(node.OpType) && node.Input.Take(LeastInputs(node.OpType)).All(i => i.Length > 0 || node.OpType == "EmbedLayerNormalization")
            && node.Output.Count > 0, $"{Describe(node)} lacks inputs or outputs");
        foreach (string input in node.Input.Where(i => i.Length > 0))
        {
            Require(_inputs.ContainsKey(input) || _constants.ContainsKey(input) || _producers.ContainsKey(input),
                $"{Describe(node)} reads {Printable.Quote(input)}, which nothing before it makes");
            if (!_consumers.TryGetValue(input, out List<NodeProto>? readers))
                _consumers.Add(input, readers = []);
            readers.Add(node);
        }
        foreach (string output in node.Output.Where(o => o.Length > 0))
        {
            Require(!_inputs.ContainsKey(output) && _producers.TryAdd(output, node), $"{Printable.Quote(output)} is made twice");
            Trace(node, output);
        }
        Fold(node);
    }

    /// <summary>What an output depends on. Nothing passes through a shape.</summary>
    private void Trace(NodeProto node, string output)
    {
        if (node.OpType is "Shape" or "Size")
            return;
        if (node.Input.Any(i => IsWeighted(i) || Constant(i) is { IsFloating: true, Count: > 1 }))
            _weighted.Add(output);
        _reads[output] = node.Input.Aggregate(0UL, (reads, i) => reads | Reads(i));
    }

    /// <summary>Nodes that only pass a constant on make constants.</summary>
    private void Fold(NodeProto node)
    {
        if (node.OpType == "Constant" && node.Output.Count == 1)
        {
            if (node.Attribute.FirstOrDefault(a => a.Name == "value")?.T is { } tensor)
                AddConstant(node.Output[0], tensor);
            else if (node.Attribute.FirstOrDefault(a => a.Name is "value_float" or "value_int" or "value_ints") is { } attribute)
                AddConstant(node.Output[0], ToTensor(attribute));
        }
        else if (node is { OpType: "Identity" or "Cast" or "Transpose", Input.Count: 1, Output.Count: 1 } && Constant(node.Input[0]) is { } source)
        {
            if (node.OpType == "Transpose" && source.Shape.Length != 2)
                return;
            _constants[node.Output[0]] = node.OpType == "Transpose" && !Ints(node, "perm").SequenceEqual([0, 1]) ? source.Transpose() : source;
        }
    }

    private static TensorProto ToTensor(AttributeProto attribute)
    {
        var tensor = new TensorProto { DataType = attribute.Name == "value_float" ? 1 : 7 };
        if (attribute.Name == "value_float")
            tensor.FloatData.Add(attribute.F);
        else
            tensor.Int64Data.Add(attribute.Name == "value_int" ? [attribute.I] : attribute.Ints);
        if (attribute.Name == "value_ints")
            tensor.Dims.Add(attribute.Ints.Count);
        return tensor;
    }

    /// <summary>An attribute that is a list of whole numbers; empty where there is none.</summary>
    public static long[] Ints(NodeProto node, string name) => [.. node.Attribute.FirstOrDefault(a => a.Name == name)?.Ints ?? []];

    /// <summary>An attribute that is a whole number.</summary>
    public static long Int(NodeProto node, string name, long ifMissing) =>
        node.Attribute.FirstOrDefault(a => a.Name == name) is { HasI: true } attribute ? attribute.I : ifMissing;

    /// <summary>An attribute that is a number.</summary>
    public static float Float(NodeProto node, string name, float ifMissing) =>
        node.Attribute.FirstOrDefault(a => a.Name == name) is { HasF: true } attribute ? attribute.F : ifMissing;

    /// <summary>An attribute that is a text.</summary>
    public static string Text(NodeProto node, string name, string ifMissing) =>
        node.Attribute.FirstOrDefault(a => a.Name == name) is { HasS: true } attribute ? attribute.S.ToStringUtf8() : ifMissing;

    private void AddConstant(string name, TensorProto message)
    {
        var tensor = new OnnxTensor(name, message, _folder);
        if (tensor.Fault() is { } fault)
            throw new InputException($"a broken tensor: {Path}: {Printable.Quote(name)} {fault}; fetch the file again");
        Require(_constants.TryAdd(name, tensor), $"{Printable.Quote(name)} is given twice");
    }

    private void Require(bool holds, string fault)
    {
        if (!holds)
            throw new InputException($"a broken graph: {Path}: {fault}; export it again");
    }
}
