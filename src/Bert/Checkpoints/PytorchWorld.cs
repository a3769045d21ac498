namespace BareBert.Bert.Checkpoints;

/// <summary>Elements that tensors of a PyTorch file are views of.</summary>
internal sealed record PytorchStorage(StoredType Type, string Key, long Count);

/// <summary>The few names that the pickle of a state_dict needs, and what they build.</summary>
internal sealed class PytorchWorld : IPickleWorld
{
    private static readonly PickleGlobal OrderedDict = new("collections", "OrderedDict");
    private static readonly PickleGlobal RebuildTensor = new("torch._utils", "_rebuild_tensor_v2");
    private static readonly PickleGlobal RebuildParameter = new("torch._utils", "_rebuild_parameter");

    // What else stands in checkpoints and is mere data: shapes and devices, called with what they hold, and names of element types.
    private static readonly PickleGlobal[] Data = [new("torch", "Size"), new("torch", "device")];

    private static readonly HashSet<PickleGlobal> ElementTypes =
    [
        .. new[] { "float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool", "complex64", "complex128" }
            .Select(name => new PickleGlobal("torch", name)),
    ];

    private static readonly Dictionary<PickleGlobal, StoredType> Storages = new()
    {
        [new("torch", "FloatStorage")] = StoredType.F32,
        [new("torch", "HalfStorage")] = StoredType.F16,
        [new("torch", "BFloat16Storage")] = StoredType.BF16,
        [new("torch", "DoubleStorage")] = StoredType.F64,
        [new("torch", "LongStorage")] = StoredType.I64,
        [new("torch", "IntStorage")] = StoredType.I32,
        [new("torch", "ShortStorage")] = StoredType.I16,
        [new("torch", "CharStorage")] = StoredType.I8,
        [new("torch", "ByteStorage")] = StoredType.U8,
        [new("torch", "BoolStorage")] = StoredType.Bool,
        [new("torch", "ComplexFloatStorage")] = StoredType.C64,
        [new("torch", "ComplexDoubleStorage")] = StoredType.C128,
    };

    /// <summary>The storages the pickle referred to, by key.</summary>
    public Dictionary<string, PytorchStorage> Seen { get; } = [];

    public bool Allows(PickleGlobal global) =>
        global == OrderedDict || global == RebuildTensor || global == RebuildParameter || Storages.ContainsKey(global)
        || Data.Contains(global) || ElementTypes.Contains(global);

    public object? Call(PickleGlobal function, object?[] arguments)
    {
        if (function == OrderedDict)
            return arguments switch
            {
                [] => new PickleDict(),
                [List<object?> pairs] => FromPairs(pairs),
                _ => null,
            };
        if (function == RebuildTensor)
            return arguments is [PytorchStorage storage, long offset, object?[] shape, object?[] strides, ..]
                ? PytorchTensor.Create(storage, offset, shape, strides)
                : null;
        if (Data.Contains(function))
            return arguments;
        return function == RebuildParameter && arguments is [PytorchTensor tensor, ..] ? tensor : null;
    }

    public object? Resolve(object? persistentId)
    {
        // ("storage", class, key, device, elements); before version 1.6 followed by a view, which state_dicts leave None.
        if (persistentId is not object?[] id || id.Length is < 5 or > 6 || (id.Length == 6 && id[5] is not null))
            return null;
        if (id is not ["storage", PickleGlobal type, string key, _, long count, ..] || count < 0
            || !Storages.TryGetValue(type, out StoredType element) || count > long.MaxValue / 8)
            return null;
        var storage = new PytorchStorage(element, key, count);
        return Seen.TryAdd(key, storage) || Seen[key] == storage ? storage : null;
    }

    private static PickleDict? FromPairs(List<object?> pairs)
    {
        var dict = new PickleDict();
        foreach (object? pair in pairs)
        {
            switch (pair)
            {
                case object?[] and [var key, var value]:
                    dict.Entries.Add((key, value));
                    break;
                case List<object?> and [var key, var value]:
                    dict.Entries.Add((key, value));
                    break;
                default:
                    return null;
            }
        }
        return dict;
    }
}
