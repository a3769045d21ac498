namespace BareBert.Bert.Exchange.Onnx.Import;

/// <summary>What stands on the encoder of a graph.</summary>
internal sealed class HeadParts
{
    private readonly List<(string Name, int Piece, long[] Shape, ReadTensor Read)> _tensors = [];

    /// <summary>Its tensors by the names that they have in <see cref="ParameterLayout"/>.</summary>
    public IReadOnlyList<(string Name, int Piece, long[] Shape, ReadTensor Read)> Tensors => _tensors;

    /// <summary>The matrix that decodes masked words, where it is another constant than the word embeddings.</summary>
    public OnnxTensor? Decoder { get; set; }

    /// <summary>Whether the classes are those of each token.</summary>
    public bool IsOfTokens { get; set; }

    /// <summary>Whether a classifier reads the mean over the tokens.</summary>
    public bool ReadsMean { get; set; }

    /// <summary>What was left out, and why.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>What it is for.</summary>
    public TaskDefinition TaskOf(BertConfig config) => BertTasks.OfHead(config, parameter => Has(parameter.Name), IsOfTokens) ?? BertTasks.Encoder;

    /// <summary>Rows of a tensor; 0 where there is none of that name.</summary>
    public long RowsOf(string name) => _tensors.Find(t => t.Name == name).Shape?[0] ?? 0;

    /// <summary>Whether a tensor was found.</summary>
    public bool Has(string name) => RowsOf(name) > 0;

    /// <summary>Takes a module's tensors.</summary>
    public void Add(IEnumerable<(string Name, int Piece, long[] Shape, ReadTensor Read)> tensors) => _tensors.AddRange(tensors);
}
