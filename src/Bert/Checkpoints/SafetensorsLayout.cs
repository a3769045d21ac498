using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace BareBert.Bert.Checkpoints;

/// <summary>Where the tensors of a safetensors file lie, and what stands before them: known before any of them is written.</summary>
/// <remarks>
/// Order as in the reference implementation: wider elements first, then by name, so that every tensor is aligned to its
/// element size; the header is padded with spaces to a multiple of 8 bytes.
/// </remarks>
internal sealed class SafetensorsLayout
{
    /// <summary>The one name in the header that is no tensor's.</summary>
    public const string Metadata = "__metadata__";

    private const int LengthBytes = 8;

    private static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
    private static readonly Dictionary<string, string> ForTransformers = new() { ["format"] = "pt" };

    private readonly Dictionary<string, long> _places = [];

    /// <param name="tensors">In whatever order.</param>
    /// <param name="metadata">The strings of <c>__metadata__</c>; without, <c>{"format":"pt"}</c>, which transformers asks for.</param>
    public SafetensorsLayout(IEnumerable<StoredTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        Tensors = [.. tensors.OrderByDescending(tensor => tensor.Type).ThenBy(tensor => tensor.Name, StringComparer.Ordinal)];
        long offset = 0;
        foreach (StoredTensor tensor in Tensors)
        {
            _places.Add(tensor.Name, offset);
            offset += BytesOf(tensor);
        }
        Header = Write(metadata ?? ForTransformers);
        Bytes = Header.Length + offset;
    }

    /// <summary>In the order of the file.</summary>
    public IReadOnlyList<StoredTensor> Tensors { get; }

    /// <summary>All that stands before the first tensor.</summary>
    public byte[] Header { get; }

    /// <summary>The file's length.</summary>
    public long Bytes { get; }

    /// <summary>Where in the file a tensor begins.</summary>
    public long PlaceOf(string name) => Header.Length + _places[name];

    private static long BytesOf(StoredTensor tensor) => tensor.Count * tensor.Type.SizeInBytes();

    private byte[] Write(IReadOnlyDictionary<string, string> metadata)
    {
        using var bytes = new MemoryStream();
        bytes.Write(new byte[LengthBytes]);
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Encoder = Encoder }))
        {
            json.WriteStartObject();
            if (metadata.Count > 0)
            {
                json.WriteStartObject(Metadata);
                foreach ((string key, string value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                    json.WriteString(key, value);
                json.WriteEndObject();
            }
            foreach (StoredTensor tensor in Tensors)
                Write(json, tensor);
            json.WriteEndObject();
        }
        while (bytes.Length % 8 != 0)
            bytes.WriteByte((byte)' ');
        byte[] header = bytes.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(header, header.Length - LengthBytes);
        return header;
    }

    private void Write(Utf8JsonWriter json, StoredTensor tensor)
    {
        json.WriteStartObject(tensor.Name);
        json.WriteString("dtype", tensor.Type.SafetensorsName());
        json.WriteStartArray("shape");
        foreach (long dimension in tensor.Shape)
            json.WriteNumberValue(dimension);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(_places[tensor.Name]);
        json.WriteNumberValue(_places[tensor.Name] + BytesOf(tensor));
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
