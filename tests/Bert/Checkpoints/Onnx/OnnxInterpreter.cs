using BareBert.Bert.Exchange.Onnx.Messages;
using Google.Protobuf;
using System.Runtime.InteropServices;

namespace BareBert.Tests.Onnx;

/// <summary>
/// Runs a graph by the operators' definitions (onnx/docs/Operators.md), in plain loops. It knows the operators that are exported here,
/// and no more.
/// </summary>
internal sealed class OnnxInterpreter
{
    private readonly GraphProto _graph;
    private readonly Dictionary<string, Value> _values = [];

    private OnnxInterpreter(GraphProto graph) => _graph = graph;

    /// <summary>All outputs for a padded batch.</summary>
    public static Dictionary<string, float[]> Run(ModelProto model, PaddedBatch batch)
    {
        var interpreter = new OnnxInterpreter(model.Graph);
        var inputs = new Dictionary<string, long[]> { ["input_ids"] = batch.Ids, ["attention_mask"] = batch.Mask, ["token_type_ids"] = batch.Types };
        foreach (ValueInfoProto input in model.Graph.Input)
            interpreter._values[input.Name] = Value.Of([batch.Rows, batch.Columns], inputs[input.Name]);
        foreach (TensorProto tensor in model.Graph.Initializer)
            interpreter._values[tensor.Name] = Value.Of(tensor);
        foreach (NodeProto node in model.Graph.Node)
        {
            Value[] outputs = interpreter.Compute(node, [.. node.Input.Select(i => interpreter._values[i])]);
            for (int i = 0; i < outputs.Length; i++)
                interpreter._values[node.Output[i]] = outputs[i];
        }
        return model.Graph.Output.ToDictionary(o => o.Name, o => interpreter._values[o.Name].Reals);
    }

    private Value[] Compute(NodeProto node, Value[] x) => node.OpType switch
    {
        "Identity" => [x[0]],
        "Shape" => [Value.Of([x[0].Shape.Length], [.. x[0].Shape.Select(d => (long)d)])],
        "Range" => [Value.Of([(int)(x[1].Integers[0] - x[0].Integers[0])], [.. Enumerable.Range((int)x[0].Integers[0], (int)(x[1].Integers[0] - x[0].Integers[0])).Select(i => (long)i)])],
        "Gather" => [Gather(x[0], x[1], (int)Int(node, "axis", 0))],
        "Unsqueeze" => [Unsqueeze(x[0], x[1].Integers)],
        "Squeeze" => [x[0] with { Shape = x[0].Shape[..^1] }],
        "Reshape" => [Reshape(x[0], x[1].Integers)],
        "Transpose" => [Transpose(x[0], [.. node.Attribute.Single(a => a.Name == "perm").Ints.Select(i => (int)i)])],
        "Split" => Split(x[0], node.Output.Count),
        "Cast" => [x[0].ToReals(isHalf: Int(node, "to", 1) == 10)],
        "Add" => [Broadcast(x[0], x[1], (a, b) => a + b)],
        "Sub" => [Broadcast(x[0], x[1], (a, b) => a - b)],
        "Mul" => [Broadcast(x[0], x[1], (a, b) => a * b)],
        "Div" => [Broadcast(x[0], x[1], (a, b) => a / b)],
        "Tanh" => [x[0].Map(MathF.Tanh)],
        "Sigmoid" => [x[0].Map(a => 1 / (1 + MathF.Exp(-a)))],
        "Relu" => [x[0].Map(a => Math.Max(0, a))],
        "Erf" => [x[0].Map(Erf)],
        "Max" => [Broadcast(x[0], x[1], Math.Max)],
        "ReduceSum" => [OverAxis1(x[0], keeps: false, values => values.Sum(v => (double)v))],
        "ReduceL2" => [OverAxis1(x[0], keeps: true, values => Math.Sqrt(values.Sum(v => (double)v * v)))],
        "Softmax" => [Rows(x[0], Softmax)],
        "LayerNormalization" => [Rows(x[0], row => Normalise(row, x[1].Reals, x[2].Reals, node.Attribute.Single(a => a.Name == "epsilon").F))],
        "MatMul" => [MatMul(x[0], x[1], 0)],
        "MatMulInteger" => [MatMul(x[0].ToReals(), x[1].ToReals(), x[2].Integers[0])],
        "DynamicQuantizeLinear" => Quantize(x[0]),
        _ => throw new NotSupportedException(node.OpType),
    };

    private static long Int(NodeProto node, string name, long ifMissing) => node.Attribute.FirstOrDefault(a => a.Name == name)?.I ?? ifMissing;

    private static Value Gather(Value data, Value indices, int axis)
    {
        int outer = Product(data.Shape[..axis]), inner = Product(data.Shape[(axis + 1)..]), along = data.Shape[axis];
        int[] from = [.. from o in Enumerable.Range(0, outer)
                         from index in indices.Integers
                         from i in Enumerable.Range(0, inner)
                         select (o * along + checked((int)index)) * inner + i];
        return data.Pick([.. data.Shape[..axis], .. indices.Shape, .. data.Shape[(axis + 1)..]], from);
    }

    private static Value Unsqueeze(Value x, long[] axes)
    {
        List<int> shape = [.. x.Shape];
        foreach (long axis in axes)
            shape.Insert((int)axis, 1);
        return x with { Shape = [.. shape] };
    }

    private static Value Reshape(Value x, long[] shape) => x with { Shape = [.. shape.Select((d, i) => d == 0 ? x.Shape[i] : (int)d)] };

    private static Value Transpose(Value x, int[] perm)
    {
        int[] shape = [.. perm.Select(p => x.Shape[p])], strides = Strides(x.Shape);
        var from = new int[Product(shape)];
        int[] outStrides = Strides(shape);
        for (int i = 0; i < from.Length; i++)
        {
            for (int d = 0; d < perm.Length; d++)
                from[i] += i / outStrides[d] % shape[d] * strides[perm[d]];
        }
        return x.Pick(shape, from);
    }

    private static Value[] Split(Value x, int parts)
    {
        int width = x.Shape[^1] / parts, rows = Product(x.Shape[..^1]);
        return [.. Enumerable.Range(0, parts).Select(part => x.Pick([.. x.Shape[..^1], width],
            [.. from row in Enumerable.Range(0, rows) from i in Enumerable.Range(0, width) select row * x.Shape[^1] + part * width + i]))];
    }

    private static Value Broadcast(Value a, Value b, Func<float, float, float> f)
    {
        int rank = Math.Max(a.Shape.Length, b.Shape.Length);
        int[] left = [.. Enumerable.Repeat(1, rank - a.Shape.Length), .. a.Shape], right = [.. Enumerable.Repeat(1, rank - b.Shape.Length), .. b.Shape];
        int[] shape = [.. left.Zip(right, (l, r) => l == r || r == 1 ? l : l == 1 ? r : throw new InvalidOperationException("shapes that do not go together"))];
        int[] strides = Strides(shape), fromLeft = Strides(left), fromRight = Strides(right);
        var values = new float[Product(shape)];
        for (int i = 0; i < values.Length; i++)
        {
            int l = 0, r = 0;
            for (int d = 0; d < rank; d++)
            {
                int index = i / strides[d] % shape[d];
                l += left[d] == 1 ? 0 : index * fromLeft[d];
                r += right[d] == 1 ? 0 : index * fromRight[d];
            }
            values[i] = f(a.Reals[l], b.Reals[r]);
        }
        return Value.Of(shape, values);
    }

    private static Value MatMul(Value a, Value b, long zero)
    {
        int m = a.Shape[^2], k = a.Shape[^1], n = b.Shape[^1], batches = Product(a.Shape[..^2]);
        bool isShared = b.Shape.Length == 2;
        if (b.Shape[^2] != k || (!isShared && !a.Shape[..^2].SequenceEqual(b.Shape[..^2])))
            throw new InvalidOperationException("matrices that do not go together");
        var values = new float[batches * m * n];
        for (int row = 0; row < batches * m; row++)
        {
            int second = isShared ? 0 : row / m * k * n;
            for (int col = 0; col < n; col++)
            {
                double sum = 0;
                for (int i = 0; i < k; i++)
                    sum += ((double)a.Reals[row * k + i] - zero) * b.Reals[second + i * n + col];
                values[row * n + col] = (float)sum;
            }
        }
        return Value.Of([.. a.Shape[..^1], n], values);
    }

    private static Value[] Quantize(Value x)
    {
        float lowest = Math.Min(0, x.Reals.Min()), highest = Math.Max(0, x.Reals.Max()), scale = (highest - lowest) / 255;
        long zero = (long)Math.Clamp(MathF.Round(-lowest / scale), 0, 255);
        long[] bytes = [.. x.Reals.Select(v => (long)Math.Clamp(MathF.Round(v / scale) + zero, 0, 255))];
        return [Value.Of(x.Shape, bytes), Value.Of([], [scale]), Value.Of([], [zero])];
    }

    private static Value OverAxis1(Value x, bool keeps, Func<IEnumerable<float>, double> f)
    {
        int outer = x.Shape[0], middle = x.Shape[1], inner = Product(x.Shape.AsSpan(2));
        int[] shape = [outer, .. keeps ? [1] : Array.Empty<int>(), .. x.Shape[2..]];
        return Value.Of(shape, [.. Enumerable.Range(0, outer * inner).Select(i => (float)f(Enumerable.Range(0, middle).Select(m => x.Reals[(i / inner * middle + m) * inner + i % inner])))]);
    }

    private static Value Rows(Value x, Func<float[], float[]> f) => Value.Of(x.Shape, [.. x.Reals.Chunk(x.Shape[^1]).SelectMany(f)]);

    private static float[] Softmax(float[] row)
    {
        double[] powers = [.. row.Select(v => Math.Exp((double)v - row.Max()))];
        double sum = powers.Sum();
        return [.. powers.Select(p => (float)(p / sum))];
    }

    private static float[] Normalise(float[] row, float[] weight, float[] bias, float epsilon)
    {
        double mean = row.Average(v => (double)v), deviation = Math.Sqrt(row.Average(v => (v - mean) * (v - mean)) + epsilon);
        return [.. row.Select((v, i) => (float)((v - mean) / deviation * weight[i] + bias[i]))];
    }

    // The density's integral by Simpson's rule.
    private static float Erf(float x)
    {
        const int Steps = 100;
        double end = Math.Clamp(x, -6, 6), step = end / Steps, sum = 1 + Math.Exp(-end * end);
        for (int i = 1; i < Steps; i++)
            sum += (i % 2 == 0 ? 2 : 4) * Math.Exp(-(i * step) * (i * step));
        return (float)(2 / Math.Sqrt(Math.PI) * sum * step / 3);
    }

    private static int Product(ReadOnlySpan<int> shape)
    {
        int product = 1;
        foreach (int dimension in shape)
            product *= dimension;
        return product;
    }

    private static int[] Strides(int[] shape) => [.. Enumerable.Range(0, shape.Length).Select(d => Product(shape.AsSpan(d + 1)))];

    /// <summary>A tensor of real or whole numbers.</summary>
    private sealed record Value(int[] Shape, float[] Reals, long[] Integers)
    {
        public static Value Of(int[] shape, float[] values) => new(shape, values, []);

        public static Value Of(int[] shape, long[] values) => new(shape, [], values);

        public static Value Of(TensorProto tensor)
        {
            int[] shape = [.. tensor.Dims.Select(d => (int)d)];
            ReadOnlySpan<byte> bytes = tensor.RawData.Span;
            return tensor.DataType switch
            {
                1 => Of(shape, MemoryMarshal.Cast<byte, float>(bytes).ToArray()),
                3 => Of(shape, Array.ConvertAll(bytes.ToArray(), b => (long)(sbyte)b)),
                7 => Of(shape, MemoryMarshal.Cast<byte, long>(bytes).ToArray()),
                10 => Of(shape, Array.ConvertAll(MemoryMarshal.Cast<byte, Half>(bytes).ToArray(), h => (float)h)),
                _ => throw new NotSupportedException($"data type {tensor.DataType}"),
            };
        }

        public Value Pick(int[] shape, int[] from) =>
            new(shape, Reals.Length > 0 ? [.. from.Select(i => Reals[i])] : [], Integers.Length > 0 ? [.. from.Select(i => Integers[i])] : []);

        public Value Map(Func<float, float> f) => Of(Shape, Array.ConvertAll(Reals, x => f(x)));

        public Value ToReals(bool isHalf = false)
        {
            float[] values = Integers.Length > 0 ? Array.ConvertAll(Integers, i => (float)i) : Reals;
            return Of(Shape, isHalf ? Array.ConvertAll(values, x => (float)(Half)x) : values);
        }
    }
}
