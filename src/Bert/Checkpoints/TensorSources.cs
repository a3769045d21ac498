namespace BareBert.Bert.Checkpoints;

/// <summary>Opens a checkpoint's weights, in whichever format they are.</summary>
public static class TensorSources
{
    /// <summary>The files looked for in a directory, best first.</summary>
    public static IReadOnlyList<string> FileNames { get; } =
        ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"];

    /// <summary>Whether a directory holds weights.</summary>
    public static bool IsIn(string directory) => FileNames.Any(name => File.Exists(Path.Combine(directory, name)));

    /// <summary>Opens the weights of a directory (the first of <see cref="FileNames"/> there) or of one file.</summary>
    /// <param name="path">A directory, a .safetensors or .bin file, or the index of a sharded one.</param>
    /// <exception cref="InputException">There are none, or the file is broken or not safe to read.</exception>
    public static ITensorSource Open(string path)
    {
        if (!Directory.Exists(path))
            return OpenFile(path);
        string? file = FileNames.Select(name => Path.Combine(path, name)).FirstOrDefault(File.Exists);
        return OpenFile(file ?? throw new InputException(
            $"no weights: {path} holds none of {string.Join(", ", FileNames)}; name a directory with a checkpoint"));
    }

    private static ITensorSource OpenFile(string path)
    {
        if (path.EndsWith(".index.json", StringComparison.Ordinal))
            return ShardedSource.Open(path);
        if (path.EndsWith(".safetensors", StringComparison.Ordinal))
            return SafetensorsFile.Open(path);
        if (path.EndsWith(".bin", StringComparison.Ordinal) || path.EndsWith(".pt", StringComparison.Ordinal))
            return PytorchBinFile.Open(path);
        if (!File.Exists(path))
            throw new InputException($"no such file: {path}; check the path");
        throw new InputException($"not a format of weights: {path}; .safetensors and .bin are read");
    }

    /// <summary>The tensor of that name.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public static StoredTensor Find(this ITensorSource source, string name) =>
        source.Tensors.TryGetValue(name, out StoredTensor? tensor)
            ? tensor
            : throw new InputException($"no tensor {Printable.Quote(name)}: {source.Path}");

    /// <summary>Reads a tensor of weights as float32, which must all be numbers.</summary>
    /// <exception cref="InputException">As <see cref="ITensorSource.ReadFloats"/>, or one is NaN or infinite.</exception>
    public static void ReadFinite(this ITensorSource source, string name, Span<float> destination)
    {
        source.ReadFloats(name, destination);
        source.RequireFinite(name, destination, 0);
    }

    /// <summary>Throws where an element of a tensor is no number.</summary>
    /// <param name="source">What it is read from.</param>
    /// <param name="name">Its name.</param>
    /// <param name="values">A run of its elements.</param>
    /// <param name="first">The number of the first one.</param>
    /// <exception cref="InputException">One is NaN or infinite.</exception>
    internal static void RequireFinite(this ITensorSource source, string name, ReadOnlySpan<float> values, long first)
    {
        int at = FiniteFloats.IndexOfOther(values);
        if (at < 0)
            return;
        throw new InputException($"weights that are no numbers: {Printable.Quote(name)} in {source.Path} holds {(float.IsNaN(values[at]) ? "NaN" : "infinity")} "
            + $"at {first + at}; its training diverged, or it does not fit its type: use another checkpoint");
    }

    /// <summary>The tensor of that name, which must be floating-point and of that many elements.</summary>
    internal static StoredTensor CheckFloats(this ITensorSource source, string name, int count)
    {
        StoredTensor tensor = source.Find(name);
        if (!tensor.Type.IsFloating())
            throw new InputException($"not a tensor of floating-point numbers: {Printable.Quote(name)} is {tensor.Type} in {source.Path}; convert the checkpoint to float32 or float16");
        if (tensor.Count != count)
            throw new InputException($"{Printable.Quote(name)} is {tensor.ShapeText} in {source.Path}, {count} numbers were asked for");
        return tensor;
    }
}
