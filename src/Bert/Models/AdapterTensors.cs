namespace BareBert.Bert.Models;

/// <summary>The tensors of an adapter folder, each read at most once into its place: what is left over at the end has none.</summary>
/// <param name="file">The tensors.</param>
/// <param name="prefix">What stands before Hugging Face's names.</param>
internal sealed class AdapterTensors(ITensorSource file, string prefix)
{
    // PEFT saves the embeddings themselves beside their adapters where the vocabulary grew, and biases that learned, under the layer that it wraps.
    private const string Wrapped = ".base_layer";

    private readonly HashSet<string> _used = [];

    /// <summary>The file.</summary>
    public string Path => file.Path;

    /// <summary>The name that a tensor of the model has in the file.</summary>
    public static string NameOf(TensorPiece piece, string prefix) =>
        piece.HfName.StartsWith(prefix, StringComparison.Ordinal) ? piece.HfName : prefix + piece.HfName;

    /// <summary>Whether the folder has a tensor of the model itself.</summary>
    public bool Has(TensorPiece piece) => Find(piece) is not null;

    /// <summary>Whether a tensor of the model, by Hugging Face's name, was read from here.</summary>
    public bool IsUsed(string hfName) => _used.Contains(prefix + hfName);

    /// <summary>Reads a tensor.</summary>
    /// <param name="piece">Its place.</param>
    /// <param name="values">[Count], overwritten.</param>
    /// <exception cref="InputException">It is missing, of another shape or not finite.</exception>
    public void Read(TensorPiece piece, Span<float> values) => Read(Find(piece) ?? NameOf(piece, prefix), piece.Shape, values);

    /// <summary>The two thin matrices beside a weight that has no branch in the model.</summary>
    /// <param name="piece">The weight, [N, K].</param>
    /// <param name="rank">r.</param>
    /// <returns>A, [r, K], and B, [N, r], so that the weight changes by a multiple of B·A; null where the folder has none for it.</returns>
    /// <exception cref="InputException">One of the two is missing, of another shape or not finite.</exception>
    public (float[] A, float[] B)? Product(TensorPiece piece, int rank)
    {
        (int n, int k, string module) = (piece.Shape[0], piece.Shape[1], prefix + LowRankAdaptation.ModuleOf(piece));
        if (file.Tensors.ContainsKey(module + ".lora_A.weight"))
            return (Matrix(module + ".lora_A.weight", rank, k), Matrix(module + ".lora_B.weight", n, rank));
        if (!file.Tensors.ContainsKey(module + ".lora_embedding_A"))
            return null;
        // An embedding's A is looked up by id, so it is [r, entries]: the product is that of the two transposed.
        float[] a = new float[rank * k], b = new float[n * rank];
        Transposed.Write<float>(Matrix(module + ".lora_embedding_B", k, rank), k, rank, a);
        Transposed.Write<float>(Matrix(module + ".lora_embedding_A", rank, n), rank, n, b);
        return (a, b);
    }

    /// <summary>The lengths that the rows of an adapted weight have; null where the folder has none.</summary>
    /// <param name="piece">The weight, [N, K].</param>
    public float[]? Magnitudes(TensorPiece piece)
    {
        string vector = $"{prefix}{LowRankAdaptation.ModuleOf(piece)}.lora_magnitude_vector", name = file.Tensors.ContainsKey(vector) ? vector : vector + ".weight";
        return file.Tensors.ContainsKey(name) ? Vector(name, piece.Shape[0]) : null;
    }

    /// <summary>What B adds beside its product; null where the folder has none.</summary>
    /// <param name="piece">The weight, [N, K].</param>
    public float[]? BiasOfB(TensorPiece piece)
    {
        string name = $"{prefix}{LowRankAdaptation.ModuleOf(piece)}.lora_B.bias";
        return file.Tensors.ContainsKey(name) ? Vector(name, piece.Shape[0]) : null;
    }

    /// <summary>Throws where a tensor was not read.</summary>
    /// <exception cref="InputException">One was not.</exception>
    public void RequireAllUsed()
    {
        string[] left = [.. file.Tensors.Keys.Where(name => !_used.Contains(name))];
        if (left.Length > 0)
            throw new InputException($"an adapter's tensor without a place in the model: {file.Path}: {Printable.Quote(left[0])}{(left.Length > 1 ? $" and {left.Length - 1} more" : "")}; "
                + "without it this would be another model: use the folder for its own task, or merge it with PEFT");
    }

    private string? Find(TensorPiece piece)
    {
        string name = NameOf(piece, prefix);
        string wrapped = name.Insert(name.LastIndexOf('.'), Wrapped);
        return file.Tensors.ContainsKey(name) ? name : file.Tensors.ContainsKey(wrapped) ? wrapped : null;
    }

    private float[] Vector(string name, int rows)
    {
        var values = new float[rows];
        Read(name, [rows], values);
        return values;
    }

    private float[] Matrix(string name, int rows, int cols)
    {
        var values = new float[checked(rows * cols)];
        Read(name, [rows, cols], values);
        return values;
    }

    private void Read(string name, int[] shape, Span<float> values)
    {
        StoredTensor stored = file.Find(name);
        if (!stored.Shape.SequenceEqual(shape.Select(d => (long)d)))
            throw new InputException($"an adapter of another shape: {file.Path}: {Printable.Quote(name)} is {stored.ShapeText}, the model's is [{string.Join(", ", shape)}]; use its own base model");
        file.ReadFinite(name, values);
        _used.Add(name);
    }
}
