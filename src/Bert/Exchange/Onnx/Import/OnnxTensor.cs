using System.Buffers.Binary;
using BareBert.Bert.Exchange.Onnx.Messages;

namespace BareBert.Bert.Exchange.Onnx.Import;

/// <summary>A constant of a graph: an initialiser or the value of a Constant node.</summary>
/// <param name="name">The value's name in the graph.</param>
/// <param name="message">Its message; elements may lie in another file.</param>
/// <param name="folder">Where that file is.</param>
/// <param name="isTransposed">Whether a matrix is to be read as its transpose.</param>
internal sealed class OnnxTensor(string name, TensorProto message, string folder, bool isTransposed = false)
{
    private const int Float = 1, Int32 = 6, Int64 = 7, Float16 = 10, Double = 11, BFloat16 = 16;

    /// <summary>The value's name.</summary>
    public string Name => name;

    /// <summary>Its dimensions; none of a scalar.</summary>
    public long[] Shape { get; } = isTransposed ? [.. message.Dims.Reverse()] : [.. message.Dims];

    /// <summary>Number of elements.</summary>
    public long Count => message.Dims.Aggregate(1L, (product, dimension) => product * dimension);

    /// <summary>Whether it holds floating-point numbers that can be read.</summary>
    public bool IsFloating => Type is { } type && type.IsFloating();

    /// <summary>The same matrix, rows and columns exchanged.</summary>
    public OnnxTensor Transpose() => new(name, message, folder, !isTransposed);

    /// <summary>Reads floating-point elements.</summary>
    /// <param name="destination">[Count].</param>
    /// <exception cref="InputException">The file of the elements is missing or too short.</exception>
    public void Read(Span<float> destination)
    {
        if (isTransposed && Shape.Length == 2)
        {
            var stored = new float[destination.Length];
            ReadStored(stored);
            Transposed.Write<float>(stored, (int)Shape[1], (int)Shape[0], destination);
        }
        else
            ReadStored(destination);
    }

    /// <summary>All floating-point elements.</summary>
    public float[] Floats()
    {
        var values = new float[Count];
        Read(values);
        return values;
    }

    /// <summary>The elements of an integer tensor; null where it is none, or long.</summary>
    public long[]? Integers()
    {
        const int Most = 1 << 20;
        if (Count > Most || Type is not (StoredType.I64 or StoredType.I32))
            return null;
        if (!HasBytes)
            return Type == StoredType.I64 ? [.. message.Int64Data] : [.. message.Int32Data.Select(i => (long)i)];
        byte[] bytes = Bytes(Type.Value);
        return Type == StoredType.I64
            ? [.. Enumerable.Range(0, (int)Count).Select(i => BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(8 * i)))]
            : [.. Enumerable.Range(0, (int)Count).Select(i => (long)BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(4 * i)))];
    }

    /// <summary>Whether the number of elements is the one that the dimensions ask for; bytes elsewhere are looked at when they are read.</summary>
    public string? Fault()
    {
        if (message.Dims.Any(d => d < 0) || !IsCountable())
            return $"has the dimensions [{string.Join(", ", message.Dims.Take(8))}]";
        if (Type is not { } type || IsExternal)
            return null;
        long held = message.HasRawData ? message.RawData.Length / type.SizeInBytes() : message.DataType switch
        {
            Float => message.FloatData.Count,
            Double => message.DoubleData.Count,
            Int64 => message.Int64Data.Count,
            _ => message.Int32Data.Count,
        };
        bool isWhole = held == Count && (!message.HasRawData || message.RawData.Length == Count * type.SizeInBytes());
        return isWhole ? null : $"holds {held} elements for the dimensions [{string.Join(", ", message.Dims)}]";
    }

    private StoredType? Type => message.DataType switch
    {
        Float => StoredType.F32,
        Float16 => StoredType.F16,
        BFloat16 => StoredType.BF16,
        Double => StoredType.F64,
        Int64 => StoredType.I64,
        Int32 => StoredType.I32,
        _ => null,
    };

    private bool IsExternal => message.DataLocation == ExternalData.Location;

    private bool HasBytes => IsExternal || message.HasRawData;

    private bool IsCountable()
    {
        Int128 product = 1;
        foreach (long dimension in message.Dims)
        {
            product *= dimension;
            if (product > Array.MaxLength)
                return false;
        }
        return true;
    }

    private byte[] Bytes(StoredType type) =>
        IsExternal ? ExternalData.Read(message, folder, Count * type.SizeInBytes()) : message.RawData.ToByteArray();

    private void ReadStored(Span<float> destination)
    {
        StoredType type = Type ?? throw new InvalidOperationException($"{name} holds no numbers that can be read");
        if (HasBytes)
        {
            type.ToFloats(IsExternal ? Bytes(type) : message.RawData.Span, destination);
            return;
        }
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = type switch
            {
                StoredType.F32 => message.FloatData[i],
                StoredType.F64 => (float)message.DoubleData[i],
                // Numbers of 16 bits stand in the lower half of integers.
                StoredType.F16 => (float)BitConverter.UInt16BitsToHalf((ushort)message.Int32Data[i]),
                _ => BitConverter.UInt32BitsToSingle((uint)message.Int32Data[i] << 16),
            };
        }
    }
}
