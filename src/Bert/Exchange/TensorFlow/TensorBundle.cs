using System.Text;
using BareBert.Bert.Exchange.TensorFlow.Messages;
using Google.Protobuf;

namespace BareBert.Bert.Exchange.TensorFlow;

/// <summary>A tensor of a TensorFlow checkpoint.</summary>
/// <param name="Name">Its variable's name.</param>
/// <param name="Type">Its elements' type; null: none that is read here.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Entry">Where it lies.</param>
internal sealed record BundleTensor(string Name, StoredType? Type, long[] Shape, BundleEntryProto Entry)
{
    /// <summary>Number of elements.</summary>
    public long Count => Shape.Aggregate(1L, (product, dimension) => product * dimension);
}

/// <summary>A checkpoint of TensorFlow, version 2: an index, and files with the tensors' bytes end to end.</summary>
/// <remarks>tensorflow/core/util/tensor_bundle/tensor_bundle.h.</remarks>
internal sealed class TensorBundle
{
    private const long MostIndexBytes = 64 << 20;
    private const int MostShards = 100_000, LittleEndian = 0;

    private readonly string _prefix;
    private readonly int _shards;

    private TensorBundle(string prefix, int shards, IReadOnlyList<BundleTensor> tensors) => (_prefix, _shards, Tensors) = (prefix, shards, tensors);

    /// <summary>All tensors, by their names' order.</summary>
    public IReadOnlyList<BundleTensor> Tensors { get; }

    /// <summary>Opens the checkpoint of an index.</summary>
    /// <exception cref="InputException">It is missing, none, or damaged.</exception>
    public static TensorBundle Open(string index)
    {
        List<(byte[] Key, ReadOnlyMemory<byte> Value)> entries = SortedTable.Read(InputFiles.ReadAll(index, MostIndexBytes), index);
        if (entries.Count == 0 || entries[0].Key.Length > 0)
            throw new InputException($"a damaged index: {index}: it has no header; fetch the checkpoint again");
        BundleHeaderProto header = Parse(BundleHeaderProto.Parser, entries[0].Value, index);
        if (header.NumShards is < 1 or > MostShards || header.Endianness != LittleEndian)
            throw new InputException($"a checkpoint that cannot be read: {index}: {header.NumShards} files, byte order {header.Endianness}; save it again on an ordinary machine");
        return new TensorBundle(index[..^".index".Length], header.NumShards, [.. entries.Skip(1).Select(e => Tensor(e.Key, Parse(BundleEntryProto.Parser, e.Value, index), index))]);
    }

    /// <summary>Reads a floating-point tensor, whose check sum must be right.</summary>
    /// <param name="tensor">One of <see cref="Tensors"/>.</param>
    /// <param name="destination">[Count].</param>
    /// <exception cref="InputException">The file with it is missing, too short or damaged.</exception>
    public void Read(BundleTensor tensor, Span<float> destination)
    {
        string path = $"{_prefix}.data-{tensor.Entry.ShardId:00000}-of-{_shards:00000}";
        using FileStream stream = InputFiles.Open(path);
        if (tensor.Entry.Offset > stream.Length - tensor.Entry.Size)
            throw new InputException($"cut short: {path}: {Printable.Quote(tensor.Name)} ends at byte {tensor.Entry.Offset + tensor.Entry.Size} of {stream.Length}; fetch the checkpoint again");
        var bytes = new byte[tensor.Entry.Size];
        stream.Position = tensor.Entry.Offset;
        stream.ReadExactly(bytes);
        if (MaskedCrc.Of(bytes) != tensor.Entry.Crc32C)
            throw new InputException($"damaged: {path}: the check sum of {Printable.Quote(tensor.Name)} is wrong; fetch the checkpoint again");
        tensor.Type!.Value.ToFloats(bytes, destination);
    }

    private static BundleTensor Tensor(byte[] key, BundleEntryProto entry, string index)
    {
        string name = Encoding.UTF8.GetString(key);
        StoredType? type = entry.Dtype switch { 1 => StoredType.F32, 2 => StoredType.F64, 3 => StoredType.I32, 9 => StoredType.I64, 14 => StoredType.BF16, 19 => StoredType.F16, _ => null };
        long[] shape = [.. entry.Shape?.Dim.Select(d => d.Size) ?? []];
        Int128 count = 1;
        foreach (long dimension in shape)
            count = dimension < 0 || count > Array.MaxLength ? -1 : count * dimension;
        bool isWhole = entry is { Offset: >= 0, ShardId: >= 0 } && count >= 0 && count <= Array.MaxLength && (type is null || entry.Size == count * type.Value.SizeInBytes());
        return isWhole ? new BundleTensor(name, type, shape, entry)
            : throw new InputException($"a damaged index: {index}: {Printable.Quote(name)} [{string.Join(", ", shape.Take(8))}] has {entry.Size} bytes at {entry.Offset}; fetch the checkpoint again");
    }

    private static T Parse<T>(MessageParser<T> parser, ReadOnlyMemory<byte> bytes, string index) where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(bytes.Span);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InputException($"a damaged index: {index}: an entry is no message; fetch the checkpoint again", e);
        }
    }
}
