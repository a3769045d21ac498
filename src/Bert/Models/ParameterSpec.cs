namespace BareBert.Bert.Models;

/// <summary>How a parameter starts.</summary>
public enum InitKind
{
    /// <summary>N(0, <see cref="BertConfig.InitializerRange"/>): matrices and embeddings.</summary>
    Normal,
    /// <summary>N(0, 1/√(3·cols)), the spread of PyTorch's linear layers: the first of two low-rank matrices.</summary>
    FanIn,
    /// <summary>Biases.</summary>
    Zeros,
    /// <summary>LayerNorm's weights.</summary>
    Ones,
}

/// <summary>
/// One parameter of the model as it is held in memory, and where it stands in a checkpoint: whole under one Hugging Face
/// name, or, as the joined query, key and value, in pieces that follow each other row by row.
/// </summary>
/// <param name="Name">The name here, as <c>layers.0.attention.qkv.weight</c>; all are listed at <see cref="ParameterLayout"/>.</param>
/// <param name="Shape">[rows, cols] of a matrix ([out, in], as PyTorch has them) or [cols] of a vector.</param>
/// <param name="Init">How it starts.</param>
/// <param name="Decays">Whether AdamW's decay applies: not to biases and LayerNorm.</param>
/// <param name="Pieces">In order; together they are the whole parameter.</param>
public sealed record ParameterSpec(string Name, int[] Shape, InitKind Init, bool Decays, TensorPiece[] Pieces)
{
    /// <summary>Number of elements.</summary>
    public int Count => Shape.Aggregate(1, (product, dimension) => checked(product * dimension));

    /// <summary>Whether a fine-tuning method added it to the model, see <see cref="Adaptation"/>.</summary>
    public bool IsAdded { get; init; }

    /// <summary>Whether it belongs to embeddings or layers rather than to pooler and heads.</summary>
    public bool IsEncoder => Name.StartsWith("embeddings.", StringComparison.Ordinal) || Layer >= 0;

    /// <summary>Whether it is the pooler's.</summary>
    public bool IsPooler => Name.StartsWith("pooler.", StringComparison.Ordinal);

    /// <summary>The layer it belongs to; −1 for embeddings, pooler and heads.</summary>
    public int Layer => Name.StartsWith("layers.", StringComparison.Ordinal) ? int.Parse(Name.Split('.')[1]) : -1;
}

/// <summary>A tensor of a checkpoint and the elements of the parameter that it holds.</summary>
/// <param name="HfName">Its Hugging Face name.</param>
/// <param name="Shape">Its shape in the file.</param>
/// <param name="Offset">First element within the parameter.</param>
/// <param name="TiedNames">Other names of the same tensor, which a file may hold instead or as well; never written.</param>
public sealed record TensorPiece(string HfName, int[] Shape, int Offset, string[] TiedNames)
{
    /// <summary>Number of elements.</summary>
    public int Count => Shape.Aggregate(1, (product, dimension) => checked(product * dimension));
}
