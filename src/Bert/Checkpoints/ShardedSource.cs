using System.Text.Json;

namespace BareBert.Bert.Checkpoints;

/// <summary>Weights split over several files, with an index that says which tensor is in which.</summary>
/// <remarks>The index is <c>{"metadata": {…}, "weight_map": {"tensor": "file"}}</c>; files lie beside it.</remarks>
internal sealed class ShardedSource : ITensorSource, IMappedTensors
{
    private const long MaxIndexLength = 100_000_000;

    private readonly Dictionary<string, ITensorSource> _shards = [];
    private readonly Dictionary<string, StoredTensor> _tensors = [];
    private readonly Dictionary<string, ITensorSource> _owners = [];

    private ShardedSource(string path) => Path = path;

    public string Path { get; }

    public IReadOnlyDictionary<string, StoredTensor> Tensors => _tensors;

    public static ShardedSource Open(string path)
    {
        var source = new ShardedSource(path);
        try
        {
            using JsonDocument index = JsonDocument.Parse(InputFiles.ReadAll(path, MaxIndexLength));
            if (index.RootElement.ValueKind != JsonValueKind.Object
                || !index.RootElement.TryGetProperty("weight_map", out JsonElement map) || map.ValueKind != JsonValueKind.Object)
                throw new InputException($"not an index of weights: {path} has no weight_map; download it again");
            foreach (JsonProperty entry in map.EnumerateObject())
                source.Add(entry.Name, entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString()! : "");
            return source;
        }
        catch (Exception e)
        {
            source.Dispose();
            if (e is JsonException or InvalidOperationException)
                throw new InputException($"not an index of weights: {path} is not JSON; download it again", e);
            throw;
        }
    }

    private void Add(string name, string file)
    {
        // The index is data: it may name files beside it, never lead elsewhere.
        if (!InputFiles.IsPlainName(file) || file.EndsWith(".index.json", StringComparison.Ordinal))
            throw new InputException($"not a file name in an index of weights: {Printable.Quote(file)} in {Path}; download it again");
        if (!_shards.TryGetValue(file, out ITensorSource? shard))
        {
            string beside = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Path) ?? "", file);
            _shards.Add(file, shard = TensorSources.Open(beside));
        }
        if (!_owners.TryAdd(name, shard))
            throw new InputException($"tensor {Printable.Quote(name)} appears twice: {Path}; download it again");
        _tensors.Add(name, shard.Find(name));
    }

    public void ReadFloats(string name, Span<float> destination)
    {
        this.Find(name);
        _owners[name].ReadFloats(name, destination);
    }

    public nint AddressOf(string name) => _owners[name] is IMappedTensors shard ? shard.AddressOf(name) : 0;

    public void RequireFinite(string name) => ((IMappedTensors)_owners[name]).RequireFinite(name);

    public void Dispose()
    {
        foreach (ITensorSource shard in _shards.Values)
            shard.Dispose();
        _shards.Clear();
    }
}
