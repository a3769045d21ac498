using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace BareBert.Bert.Checkpoints;

/// <summary>Gives a tensor's elements when they are to be written; the span must last only until the next is asked for.</summary>
/// <returns>[Count] of the tensor, row-major.</returns>
internal delegate ReadOnlySpan<T> TensorElements<T>();

/// <summary>
/// Writes a safetensors file. Tensors are declared first and asked for one after the other while writing,
/// so the model is never in memory twice. The same tensors give the same bytes, in whatever order they were declared.
/// </summary>
/// <remarks>
/// Order as in the reference implementation: wider elements first, then by name, so that every tensor is aligned to its
/// element size; the header is padded with spaces to a multiple of 8 bytes.
/// </remarks>
internal sealed class SafetensorsWriter
{
    private sealed record Entry(StoredTensor Tensor, Func<Stream, long> Write);

    private static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    private readonly SortedDictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Entry> _entries = [];

    /// <param name="metadata">The strings of <c>__metadata__</c>; without, <c>{"format":"pt"}</c>, which transformers asks for.</param>
    public SafetensorsWriter(IReadOnlyDictionary<string, string>? metadata = null)
    {
        if (metadata is null)
            _metadata.Add("format", "pt");
        else
            foreach ((string key, string value) in metadata)
                _metadata.Add(key, value);
    }

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
        if (name == "__metadata__")
            throw new ArgumentException("a tensor cannot be called __metadata__", nameof(name));
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
        Entry[] inOrder = [.. _entries.Values
            .OrderByDescending(e => e.Tensor.Type)
            .ThenBy(e => e.Tensor.Name, StringComparer.Ordinal)];
        byte[] header = Header(inOrder);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (Entry entry in inOrder)
        {
            long written = entry.Write(stream);
            if (written != entry.Tensor.Count)
                throw new InvalidOperationException($"{entry.Tensor.Name} {entry.Tensor.ShapeText} gave {written} elements");
        }
    }

    private byte[] Header(Entry[] inOrder)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Encoder = Encoder }))
        {
            json.WriteStartObject();
            if (_metadata.Count > 0)
            {
                json.WriteStartObject("__metadata__");
                foreach ((string key, string value) in _metadata)
                    json.WriteString(key, value);
                json.WriteEndObject();
            }
            long offset = 0;
            foreach (Entry entry in inOrder)
                offset = WriteEntry(json, entry.Tensor, offset);
            json.WriteEndObject();
        }
        while (bytes.Length % 8 != 0)
            bytes.WriteByte((byte)' ');
        return bytes.ToArray();
    }

    private static long WriteEntry(Utf8JsonWriter json, StoredTensor tensor, long offset)
    {
        long end = offset + tensor.Count * tensor.Type.SizeInBytes();
        json.WriteStartObject(tensor.Name);
        json.WriteString("dtype", tensor.Type.SafetensorsName());
        json.WriteStartArray("shape");
        foreach (long dimension in tensor.Shape)
            json.WriteNumberValue(dimension);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(offset);
        json.WriteNumberValue(end);
        json.WriteEndArray();
        json.WriteEndObject();
        return end;
    }
}
