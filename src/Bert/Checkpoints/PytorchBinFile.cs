using System.Buffers;

namespace BareBert.Bert.Checkpoints;

/// <summary>
/// The tensors of a <c>pytorch_model.bin</c> (<c>torch.save</c> of a state_dict), read without executing its pickle.
/// Not safe for several threads at once.
/// </summary>
internal sealed class PytorchBinFile : ITensorSource
{
    private const int DeepestNesting = 3;

    // What trainers call the weights in their checkpoints.
    private static readonly string[] WeightsKeys = ["state_dict", "model_state_dict", "model", "module", "network", "net", "weights"];

    private readonly FileStream _file;
    private readonly PytorchContainer _container;
    private readonly Dictionary<string, PytorchTensor> _views = [];
    private readonly Dictionary<string, StoredTensor> _tensors = [];

    private PytorchBinFile(string path, FileStream file)
    {
        Path = path;
        _file = file;
        _container = PytorchContainer.Open(file, path);
        Collect(_container.Root as PickleDict ?? throw NoTensors());
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, StoredTensor> Tensors => _tensors;

    /// <summary>Opens a file and checks its structure; the tensors' elements are read when asked for.</summary>
    /// <exception cref="InputException">Missing, broken, or naming classes or functions that tensors do not need.</exception>
    public static PytorchBinFile Open(string path)
    {
        FileStream? file = null;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
            return new PytorchBinFile(path, file);
        }
        catch (Exception e)
        {
            file?.Dispose();
            if (IsOfTheArchive(e))
                throw new InputException(Broken(path, "its archive is damaged").Message, e);
            if (Disk.IsRefusal(e))
                throw InputFiles.CannotRead(path, e);
            throw;
        }
    }

    /// <inheritdoc/>
    public void ReadFloats(string name, Span<float> destination)
    {
        this.CheckFloats(name, destination.Length);
        PytorchTensor tensor = _views[name];
        try
        {
            using Stream stream = _container.OpenStorage(tensor.Storage.Key);
            Skip(stream, tensor.Offset * tensor.Storage.Type.SizeInBytes());
            if (tensor.IsContiguous)
                ReadRun(stream, tensor.Storage.Type, destination);
            else
                Gather(tensor, stream, destination);
        }
        catch (Exception e) when (e is EndOfStreamException || IsOfTheArchive(e))
        {
            throw new InputException(Broken(Path, "it was cut short").Message, e);
        }
        catch (Exception e) when (Disk.IsRefusal(e))
        {
            throw InputFiles.CannotRead(Path, e);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _container.Dispose();
        _file.Dispose();
    }

    internal static InputException Broken(string path, string what) =>
        new($"not a valid PyTorch file: {path}: {what}; copy or download it again, or convert it to safetensors");

    // What ZipArchive throws on damaged archives, by experiment with damaged ones.
    private static bool IsOfTheArchive(Exception e) =>
        e is InvalidDataException or ArgumentException or OverflowException or NotSupportedException or IndexOutOfRangeException;

    // Trainers' checkpoints keep the weights a level or two down, beside the optimizer's state, which has tensors too.
    private void Collect(PickleDict root)
    {
        PickleDict? weights = root;
        for (int depth = 0; depth < DeepestNesting && weights is not null && !HoldsTensors(weights); depth++)
            weights = NestedIn(weights);
        if (weights is null || !HoldsTensors(weights))
            throw NoTensors();
        foreach ((object? key, object? value) in weights.Entries)
        {
            if (key is not string name || value is not PytorchTensor view)
                continue;
            _views[name] = view;
            _tensors[name] = new StoredTensor(name, view.Storage.Type, view.Shape);
        }
    }

    private static bool HoldsTensors(PickleDict dict) => dict.Entries.Exists(entry => entry is { Key: string, Value: PytorchTensor });

    private static PickleDict? NestedIn(PickleDict dict)
    {
        foreach (string name in WeightsKeys)
        {
            if (dict.Entries.Find(entry => entry.Key is string key && key == name).Value is PickleDict nested)
                return nested;
        }
        return null;
    }

    private InputException NoTensors() => new(
        $"no weights: {Path} holds no tensors by name, neither at its top nor under {string.Join(", ", WeightsKeys)}; save the model's state_dict");

    private static void Skip(Stream stream, long bytes)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(bytes, 1 << 16));
        for (; bytes > 0; bytes -= Math.Min(bytes, buffer.Length))
            stream.ReadExactly(buffer, 0, (int)Math.Min(bytes, buffer.Length));
        ArrayPool<byte>.Shared.Return(buffer);
    }

    private static void ReadRun(Stream stream, StoredType type, Span<float> destination)
    {
        const int Piece = 1 << 16;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Piece * type.SizeInBytes());
        while (destination.Length > 0)
        {
            int count = Math.Min(Piece, destination.Length);
            Span<byte> bytes = buffer.AsSpan(0, count * type.SizeInBytes());
            stream.ReadExactly(bytes);
            type.ToFloats(bytes, destination[..count]);
            destination = destination[count..];
        }
        ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>Reads a transposed, sliced or repeated view: the stretch of storage it covers, then its elements in order.</summary>
    private void Gather(PytorchTensor tensor, Stream stream, Span<float> destination)
    {
        if (tensor.Extent > Array.MaxLength)
            throw Broken(Path, "a strided tensor is too large");
        var stretch = new float[tensor.Extent];
        ReadRun(stream, tensor.Storage.Type, stretch);
        var index = new long[tensor.Shape.Length];
        long at = 0;
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = stretch[at];
            for (int d = index.Length - 1; d >= 0; d--)
            {
                at += tensor.Strides[d];
                if (++index[d] < tensor.Shape[d])
                    break;
                at -= tensor.Strides[d] * tensor.Shape[d];
                index[d] = 0;
            }
        }
    }
}
