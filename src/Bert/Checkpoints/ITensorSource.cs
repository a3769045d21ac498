namespace BareBert.Bert.Checkpoints;

/// <summary>A tensor in a checkpoint file: its name there, element type and shape (row-major).</summary>
/// <param name="Name">The name in the file.</param>
/// <param name="Type">How its elements are stored.</param>
/// <param name="Shape">Empty for a scalar; a dimension may be 0.</param>
public sealed record StoredTensor(string Name, StoredType Type, long[] Shape)
{
    /// <summary>Number of elements.</summary>
    public long Count => Shape.Aggregate(1L, (product, dimension) => product * dimension);

    /// <summary>The shape as it is printed in messages: <c>[30522, 768]</c>.</summary>
    public string ShapeText => $"[{string.Join(", ", Shape)}]";
}

/// <summary>Named tensors to read from, whatever the file format. Open one with <see cref="TensorSources.Open"/>.</summary>
public interface ITensorSource : IDisposable
{
    /// <summary>The file the tensors come from, for messages.</summary>
    string Path { get; }

    /// <summary>All tensors by name, in the order of the file.</summary>
    IReadOnlyDictionary<string, StoredTensor> Tensors { get; }

    /// <summary>Reads a floating-point tensor as float32.</summary>
    /// <param name="name">A key of <see cref="Tensors"/>.</param>
    /// <param name="destination">[Count], overwritten.</param>
    /// <exception cref="InputException">No such tensor, not floating-point, or of another length.</exception>
    void ReadFloats(string name, Span<float> destination);
}
