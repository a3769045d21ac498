using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Unicode;

namespace BareBert.Bert.Checkpoints;

/// <summary>
/// The JSON header of a safetensors file, checked so strictly that what follows may be read without further checks:
/// every byte of the data belongs to exactly one tensor, and every tensor has the bytes its shape asks for.
/// </summary>
/// <remarks>Format: 8 bytes little-endian header length, the header, the data (github.com/huggingface/safetensors).</remarks>
internal sealed class SafetensorsHeader
{
    /// <summary>The reference implementation's limit on the header's length, in bytes.</summary>
    public const long MaxLength = 100_000_000;

    private readonly string _path;

    private SafetensorsHeader(string path) => _path = path;

    public Dictionary<string, StoredTensor> Tensors { get; } = [];

    public Dictionary<string, string> Metadata { get; } = [];

    /// <summary>First byte of each tensor, counted from the start of the data.</summary>
    public Dictionary<string, long> Offsets { get; } = [];

    /// <summary>Bytes of each tensor.</summary>
    public Dictionary<string, long> Lengths { get; } = [];

    /// <summary>Reads the length of the header from the file's first bytes.</summary>
    /// <exception cref="InputException">The file is shorter than its header, or the header beyond the limit.</exception>
    public static int ReadLength(ReadOnlySpan<byte> start, long fileLength, string path)
    {
        if (start.Length < 8)
            throw Broken(path, $"{fileLength} bytes are too few for a header");
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(start);
        if (length > MaxLength)
            throw Broken(path, $"its header claims {length} bytes, the limit is {MaxLength}");
        if ((long)length > fileLength - 8)
            throw Broken(path, $"its header claims {length} bytes, the file has {fileLength}: it was cut short");
        return (int)length;
    }

    /// <summary>Parses and checks a header.</summary>
    /// <param name="json">The header's bytes.</param>
    /// <param name="dataLength">Bytes that follow the header.</param>
    /// <param name="path">For messages.</param>
    /// <exception cref="InputException">Anything in it contradicts the format or the file.</exception>
    public static SafetensorsHeader Parse(ReadOnlyMemory<byte> json, long dataLength, string path)
    {
        var header = new SafetensorsHeader(path);
        if (json.IsEmpty || json.Span[0] != (byte)'{' || !Utf8.IsValid(json.Span))
            throw Broken(path, "its header is not JSON");
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            header.ReadEntries(document.RootElement, dataLength);
        }
        // Escaped lone surrogates pass the parser and fail when the string is asked for.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InputException(Broken(path, "its header is not JSON").Message, e);
        }
        header.CheckThatRangesTile(dataLength);
        return header;
    }

    private void ReadEntries(JsonElement root, long dataLength)
    {
        bool seenMetadata = false;
        foreach (JsonProperty entry in root.EnumerateObject())
        {
            if (entry.Name == "__metadata__")
            {
                if (seenMetadata)
                    throw Broken("__metadata__ appears twice");
                seenMetadata = true;
                ReadMetadata(entry.Value);
                continue;
            }
            (StoredTensor tensor, long offset) = ReadTensor(entry.Name, entry.Value, dataLength);
            if (!Tensors.TryAdd(entry.Name, tensor))
                throw Broken($"tensor {Quote(entry.Name)} appears twice");
            Offsets.Add(entry.Name, offset);
        }
    }

    private void ReadMetadata(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
            throw Broken("__metadata__ is not an object of strings");
        foreach (JsonProperty item in value.EnumerateObject())
        {
            if (item.Value.ValueKind != JsonValueKind.String || !Metadata.TryAdd(item.Name, item.Value.GetString()!))
                throw Broken("__metadata__ is not an object of strings with distinct keys");
        }
    }

    private (StoredTensor Tensor, long Offset) ReadTensor(string name, JsonElement value, long dataLength)
    {
        string where = $"tensor {Quote(name)}";
        if (value.ValueKind != JsonValueKind.Object || value.GetPropertyCount() != 3
            || !value.TryGetProperty("dtype", out JsonElement dtype) || dtype.ValueKind != JsonValueKind.String
            || !value.TryGetProperty("shape", out JsonElement shapes) || shapes.ValueKind != JsonValueKind.Array
            || !value.TryGetProperty("data_offsets", out JsonElement range) || range.ValueKind != JsonValueKind.Array)
            throw Broken($"{where} has not exactly dtype, shape and data_offsets");
        StoredType type = StoredTypes.Parse(dtype.GetString()!);
        long[] shape = ReadNaturals(shapes, $"the shape of {where}");
        long[] ends = ReadNaturals(range, $"the data_offsets of {where}");
        if (ends.Length != 2 || ends[0] > ends[1])
            throw Broken($"{where} has data_offsets that are no range");
        if (ends[1] > dataLength)
            throw Broken($"{where} ends at byte {ends[1]} of {dataLength} bytes of data: the file was cut short or tampered with");
        Lengths[name] = ends[1] - ends[0];
        if (type != StoredType.Unknown && ByteLength(shape, type) != ends[1] - ends[0])
            throw Broken($"{where} has {ends[1] - ends[0]} bytes, its shape and dtype another number");
        return (new StoredTensor(name, type, shape), ends[0]);
    }

    private long[] ReadNaturals(JsonElement array, string where)
    {
        var numbers = new long[array.GetArrayLength()];
        int i = 0;
        foreach (JsonElement item in array.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt64(out long number) || number < 0)
                throw Broken($"{where} holds something else than whole numbers from 0");
            numbers[i++] = number;
        }
        return numbers;
    }

    /// <summary>Bytes of a tensor; −1 when that is beyond a long, which matches no range.</summary>
    private static long ByteLength(long[] shape, StoredType type)
    {
        // A zero anywhere makes the product 0 however large the others are, so it must be looked for first.
        if (Array.IndexOf(shape, 0L) >= 0)
            return 0;
        try
        {
            return shape.Aggregate((long)type.SizeInBytes(), (product, dimension) => checked(product * dimension));
        }
        catch (OverflowException)
        {
            return -1;
        }
    }

    private void CheckThatRangesTile(long dataLength)
    {
        long end = 0;
        string before = "the header";
        IEnumerable<(StoredTensor Tensor, long Start, long Length)> inOrder = Tensors.Values
            .Select(t => (Tensor: t, Start: Offsets[t.Name], Length: Lengths[t.Name]))
            .OrderBy(t => t.Start).ThenBy(t => t.Length);
        foreach ((StoredTensor tensor, long start, long length) in inOrder)
        {
            if (start != end)
                throw Broken($"{(start < end ? "an overlap" : "a hole")} between {before} and tensor {Quote(tensor.Name)}");
            end = start + length;
            before = $"tensor {Quote(tensor.Name)}";
        }
        if (end != dataLength)
            throw Broken($"{dataLength - end} bytes after {before} belong to no tensor");
    }

    private InputException Broken(string what) => Broken(_path, what);

    private static InputException Broken(string path, string what) =>
        new($"not a valid safetensors file: {path}: {what}; copy or download it again");

    /// <summary>A name from the file, safe to print on one line.</summary>
    private static string Quote(string name) => Printable.Quote(name);
}
