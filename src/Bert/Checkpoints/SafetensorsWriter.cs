using System.Runtime.InteropServices;

namespace BareBert.Bert.Checkpoints;

/// <summary>Gives a tensor's elements when they are to be written; the span must last only until the next is asked for.</summary>
/// <returns>[Count] of the tensor, row-major.</returns>
internal delegate ReadOnlySpan<T> TensorElements<T>();

/// <summary>
/// Writes a safetensors file. Tensors are declared first and asked for one after the other while writing,
/// so the model is never in memory twice. The same tensors give the same bytes, in whatever order they were declared.
/// </summary>
internal sealed class SafetensorsWriter
{
    private sealed record Entry(StoredTensor Tensor, Func<Stream, long> Write);

    private readonly IReadOnlyDictionary<string, string>? _metadata;
    private readonly Dictionary<string, Entry> _entries = [];

    /// <param name="metadata">The strings of <c>__metadata__</c>; without, <c>{"format":"pt"}</c>, which transformers asks for.</param>
    public SafetensorsWriter(IReadOnlyDictionary<string, string>? metadata = null) => _metadata = metadata;

    /// <summary>Declares a float32 tensor.</summary>
    /// <exception cref="ArgumentException">The name is taken or reserved.</exception>
    public void Add(string name, IEnumerable<long> shape, TensorElements<float> elements) => Declare(name, StoredType.F32, shape, elements);

    /// <summary>Declares a tensor of 64-bit integers.</summary>
    /// <exception cref="ArgumentException">The name is taken or reserved.</exception>
    public void Add(string name, IEnumerable<long> shape, TensorElements<long> elements) => Declare(name, StoredType.I64, shape, elements);

    /// <summary>Declares a tensor of 32-bit integers.</summary>
    /// <exception cref="ArgumentException">The name is taken or reserved.</exception>
    public void Add(string name, IEnumerable<long> shape, TensorElements<int> elements) => Declare(name, StoredType.I32, shape, elements);

    /// <summary>Declares a tensor of bytes.</summary>
    /// <exception cref="ArgumentException">The name is taken or reserved.</exception>
    public void Add(string name, IEnumerable<long> shape, TensorElements<byte> elements) => Declare(name, StoredType.U8, shape, elements);

    private void Declare<T>(string name, StoredType type, IEnumerable<long> shape, TensorElements<T> elements) where T : unmanaged
    {
        if (name == SafetensorsLayout.Metadata)
            throw new ArgumentException($"a tensor cannot be called {SafetensorsLayout.Metadata}", nameof(name));
        var tensor = new StoredTensor(name, type, [.. shape]);
        _entries.Add(name, new Entry(tensor, stream => WriteElements(stream, elements())));
    }

    private static long WriteElements<T>(Stream stream, ReadOnlySpan<T> elements) where T : unmanaged
    {
        // In pieces, because the bytes of a large tensor are more than a span can count.
        const int Piece = 1 << 20;
        long count = elements.Length;
        for (; elements.Length > 0; elements = elements[Math.Min(Piece, elements.Length)..])
            stream.Write(MemoryMarshal.AsBytes(elements[..Math.Min(Piece, elements.Length)]));
        return count;
    }

    /// <summary>Writes everything that was declared.</summary>
    /// <exception cref="InvalidOperationException">A tensor gave another number of elements than its shape has.</exception>
    public void WriteTo(Stream stream)
    {
        var layout = new SafetensorsLayout(_entries.Values.Select(entry => entry.Tensor), _metadata);
        stream.Write(layout.Header);
        foreach (StoredTensor tensor in layout.Tensors)
        {
            long written = _entries[tensor.Name].Write(stream);
            if (written != tensor.Count)
                throw new InvalidOperationException($"{tensor.Name} {tensor.ShapeText} gave {written} elements");
        }
    }
}
