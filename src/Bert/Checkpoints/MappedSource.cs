namespace BareBert.Bert.Checkpoints;

/// <summary>Reads a tensor's elements as float32 into memory for all of them.</summary>
internal delegate void ReadTensor(Span<float> destination);

/// <summary>Tensors of another program's file under the names that they would have in Hugging Face's.</summary>
internal sealed class MappedSource(string path) : ITensorSource
{
    private readonly Dictionary<string, StoredTensor> _tensors = [];
    private readonly Dictionary<string, ReadTensor> _reads = [];

    /// <inheritdoc/>
    public string Path => path;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, StoredTensor> Tensors => _tensors;

    /// <summary>Adds a tensor.</summary>
    /// <exception cref="InputException">Its name is taken.</exception>
    public void Add(string name, IEnumerable<long> shape, ReadTensor read)
    {
        if (!_tensors.TryAdd(name, new StoredTensor(name, StoredType.F32, [.. shape])))
            throw new InputException($"two tensors for one place: {path}: {Printable.Quote(name)}; remove one");
        _reads.Add(name, read);
    }

    /// <inheritdoc/>
    public void ReadFloats(string name, Span<float> destination)
    {
        this.CheckFloats(name, destination.Length);
        _reads[name](destination);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
