using System.Globalization;
using System.Runtime.InteropServices;
using BareBert.Bert.Exchange.Onnx.Messages;
using Google.Protobuf;

namespace BareBert.Bert.Exchange.Onnx.Export;

/// <summary>Writes a graph node by node. Values are known by their names.</summary>
/// <param name="isHalf">Whether floating-point numbers are float16.</param>
internal sealed class GraphBuilder(bool isHalf)
{
    private const int Float32 = 1, Int8 = 3, Int64 = 7, Float16 = 10;

    private readonly HashSet<string> _constants = [];

    /// <summary>The graph so far.</summary>
    public GraphProto Graph { get; } = new() { Name = "barebert" };

    /// <summary>What node names begin with: where in the model they are.</summary>
    public string Scope { get; set; } = "";

    /// <summary>Declares an input of int64, [batch, sequence].</summary>
    public string Input(string name)
    {
        Graph.Input.Add(Declare(name, Int64, "batch", "sequence"));
        return name;
    }

    /// <summary>Declares an output of float32.</summary>
    /// <param name="name">What it is called.</param>
    /// <param name="value">The value.</param>
    /// <param name="dimensions">Names or numbers.</param>
    public void Output(string name, string value, params ReadOnlySpan<string> dimensions)
    {
        AttributeProto[] attributes = isHalf ? [Attribute("to", Float32)] : [];
        Emit(isHalf ? "Cast" : "Identity", name, [value], attributes);
        Graph.Output.Add(Declare(name, Float32, dimensions));
    }

    /// <summary>Adds a node and names its only output.</summary>
    public string Add(string op, ReadOnlySpan<string> inputs, params ReadOnlySpan<AttributeProto> attributes)
    {
        string name = $"{Scope}{op}_{Graph.Node.Count}";
        Emit(op, name, inputs, attributes);
        return name;
    }

    /// <summary>Adds a node with several outputs.</summary>
    public string[] AddMany(string op, int outputs, ReadOnlySpan<string> inputs, params ReadOnlySpan<AttributeProto> attributes)
    {
        string name = $"{Scope}{op}_{Graph.Node.Count}";
        NodeProto node = Emit(op, name, inputs, attributes);
        node.Output.Clear();
        node.Output.AddRange(Enumerable.Range(0, outputs).Select(i => $"{name}:{i}"));
        return [.. node.Output];
    }

    /// <summary>Casts to the type in which the graph computes.</summary>
    public string CastToFloating(string value) => Add("Cast", [value], Attribute("to", isHalf ? Float16 : Float32));

    /// <summary>Gives floating-point numbers a name, once: a name that is taken stands for the same numbers.</summary>
    public string Constant(string name, ReadOnlySpan<int> shape, Func<float[]> values)
    {
        if (!_constants.Add(name))
            return name;
        float[] numbers = values();
        ReadOnlySpan<byte> bytes = isHalf
            ? MemoryMarshal.AsBytes<Half>(Array.ConvertAll(numbers, x => (Half)x)) : MemoryMarshal.AsBytes<float>(numbers);
        AddConstant(name, isHalf ? Float16 : Float32, shape, bytes);
        return name;
    }

    /// <summary>Gives bytes with signs a name.</summary>
    public string Constant(string name, ReadOnlySpan<int> shape, sbyte[] values)
    {
        if (_constants.Add(name))
            AddConstant(name, Int8, shape, MemoryMarshal.AsBytes<sbyte>(values));
        return name;
    }

    /// <summary>A floating-point number.</summary>
    public string Number(double value) =>
        Constant(value.ToString("R", CultureInfo.InvariantCulture), [], () => [(float)value]);

    /// <summary>Whole numbers: a list.</summary>
    public string Integers(params ReadOnlySpan<long> values)
    {
        string name = $"[{string.Join(",", values.ToArray())}]";
        if (_constants.Add(name))
            AddConstant(name, Int64, [values.Length], MemoryMarshal.AsBytes(values));
        return name;
    }

    /// <summary>A whole number.</summary>
    public string Integer(long value)
    {
        string name = $"#{value}";
        if (_constants.Add(name))
            AddConstant(name, Int64, [], MemoryMarshal.AsBytes<long>([value]));
        return name;
    }

    /// <summary>An attribute that is a whole number.</summary>
    public static AttributeProto Attribute(string name, long value) => new() { Name = name, Type = AttributeProto.Types.Type.Int, I = value };

    /// <summary>An attribute that is a number.</summary>
    public static AttributeProto Attribute(string name, float value) => new() { Name = name, Type = AttributeProto.Types.Type.Float, F = value };

    /// <summary>An attribute that is a list of whole numbers.</summary>
    public static AttributeProto Attribute(string name, params ReadOnlySpan<long> values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeProto.Types.Type.Ints };
        attribute.Ints.Add(values.ToArray());
        return attribute;
    }

    private NodeProto Emit(string op, string output, ReadOnlySpan<string> inputs, ReadOnlySpan<AttributeProto> attributes)
    {
        var node = new NodeProto { OpType = op, Name = output };
        node.Input.AddRange(inputs.ToArray());
        node.Output.Add(output);
        node.Attribute.AddRange(attributes.ToArray());
        Graph.Node.Add(node);
        return node;
    }

    private void AddConstant(string name, int type, ReadOnlySpan<int> shape, ReadOnlySpan<byte> bytes)
    {
        var tensor = new TensorProto { Name = name, DataType = type, RawData = ByteString.CopyFrom(bytes) };
        foreach (int dimension in shape)
            tensor.Dims.Add(dimension);
        Graph.Initializer.Add(tensor);
    }

    private static ValueInfoProto Declare(string name, int type, params ReadOnlySpan<string> dimensions)
    {
        var shape = new TensorShapeProto();
        foreach (string dimension in dimensions)
        {
            shape.Dim.Add(long.TryParse(dimension, CultureInfo.InvariantCulture, out long number)
                ? new TensorShapeProto.Types.Dimension { DimValue = number } : new TensorShapeProto.Types.Dimension { DimParam = dimension });
        }
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = type, Shape = shape } } };
    }
}
