namespace BareBert.Bert.Models;

/// <summary>
/// All parameters of a model with its head: names, shapes, how they start, whether they decay, and which tensors of a
/// Hugging Face checkpoint they are. The decoder of masked words is the word embedding itself and so is no parameter.
/// </summary>
/// <remarks>
/// Names here, the same for the three families (V vocabulary, P positions, E embedding, C hidden and I intermediate width;
/// k a layer; a bias has the rows of its weight):
/// <code>
/// embeddings.word [V, E]    embeddings.position [P, E]    embeddings.type [2, E] (not DistilBERT)
/// embeddings.norm.{weight,bias} [E]                       embeddings.projection.{weight,bias} [C, E] (ALBERT)
/// layers.k.attention.qkv.{weight,bias} [3C, C]            layers.k.ffn.in.{weight,bias} [I, C]
/// layers.k.attention.output.{weight,bias} [C, C]          layers.k.ffn.out.{weight,bias} [C, I]
/// layers.k.attention.norm.{weight,bias} [C]               layers.k.ffn.norm.{weight,bias} [C]
/// pooler.{weight,bias} [C, C]                             nsp.{weight,bias} [2, C]
/// mlm.transform.{weight,bias} [E, C]    mlm.norm.{weight,bias} [E]    mlm.bias [V]
/// classifier.hidden.{weight,bias} [C or classifier_hidden_size, C] (DistilBERT, or where asked for)
/// classifier.output.{weight,bias} [labels, C or classifier_hidden_size]
/// qa.{weight,bias} [2, C]
/// </code>
/// </remarks>
public sealed class ParameterLayout
{
    private readonly List<ParameterSpec> _parameters = [];
    private readonly HuggingFaceNames _names;

    private ParameterLayout(BertConfig config, TaskDefinition task, int labels)
    {
        (Config, Task, Labels) = (config, task, labels);
        _names = HuggingFaceNames.Of(config.Family);
        task.Validate(config);
        if (task.HasClasses && labels < task.FewestClasses)
            throw new InputException($"too few classes: {labels}; {task.Name} needs {task.FewestClasses} or more");
        if ((long)labels * config.HiddenSize > Array.MaxLength)
            throw new InputException($"too many classes: {labels}");
        AddEmbeddings();
        AddLayers();
        // Hugging Face's masked-word and question answering models are built without the pooler they do not use.
        if (_names.Pooler is not null && task.UsesPooler(config))
            AddLinear(_names.Pooler, "", EncoderPrefix, config.HiddenSize, config.HiddenSize);
        task.AddHead(new HeadParameters(config, labels, _parameters));
    }

    /// <summary>The model's shape.</summary>
    public BertConfig Config { get; }

    /// <summary>What stands on top.</summary>
    public TaskDefinition Task { get; }

    /// <summary>Number of classes; 0 for other tasks.</summary>
    public int Labels { get; }

    /// <summary>All parameters, in the order of Hugging Face's modules.</summary>
    public IReadOnlyList<ParameterSpec> Parameters => _parameters;

    /// <summary>Number of elements of all parameters.</summary>
    public long Total => _parameters.Sum(p => (long)p.Count);

    /// <summary>Hugging Face's class, as <c>BertForPreTraining</c>.</summary>
    public string ArchitectureName => Task.ArchitectureName(Config.Family);

    /// <summary>Lists the parameters of a valid configuration.</summary>
    /// <param name="config">Validated.</param>
    /// <param name="task">What stands on top.</param>
    /// <param name="labels">Number of classes, for a head that has some; where 0, the configuration's labels, or 2 as in Hugging Face.</param>
    /// <exception cref="InputException">The family has no such head, or fewer than 2 classes.</exception>
    public static ParameterLayout For(BertConfig config, TaskDefinition task, int labels = 0)
    {
        int classes = labels != 0 ? labels : config.Labels.Count > 0 ? config.Labels.Count : 2;
        return new ParameterLayout(config, task, task.HasClasses ? classes : 0);
    }

    /// <summary>The parameter of that name here.</summary>
    /// <exception cref="KeyNotFoundException">The model has none.</exception>
    public ParameterSpec this[string name] =>
        _parameters.Find(p => p.Name == name) ?? throw new KeyNotFoundException($"no parameter {name} in {ArchitectureName}");

    /// <summary>Whether the model has a parameter of that name.</summary>
    public bool Contains(string name) => _parameters.Exists(p => p.Name == name);

    private string EncoderPrefix => Task.HasHead ? _names.Prefix : "";

    private void AddEmbeddings()
    {
        string hf = EncoderPrefix + "embeddings.";
        string[] tied = Task.TiedToWords(Config.Family);
        AddTable("embeddings.word", hf + "word_embeddings.weight", Config.VocabSize, tied);
        AddTable("embeddings.position", hf + "position_embeddings.weight", Config.MaxPositions, []);
        if (Config.TypeVocabSize > 0)
            AddTable("embeddings.type", hf + "token_type_embeddings.weight", Config.TypeVocabSize, []);
        AddNorm(new ModuleNames("embeddings.norm", "embeddings.LayerNorm"), "", EncoderPrefix, Config.EmbeddingSize);
        if (_names.Projection is not null)
            AddLinear(_names.Projection, "", EncoderPrefix, Config.HiddenSize, Config.EmbeddingSize);
    }

    private void AddLayers()
    {
        int hidden = Config.HiddenSize, inner = Config.IntermediateSize;
        for (int k = 0; k < Config.DistinctLayers; k++)
        {
            string name = $"layers.{k}.", hf = EncoderPrefix + _names.Layer(Config, k);
            foreach (ModuleNames module in _names.LayerModules)
            {
                switch (module.Name)
                {
                    case "attention.norm" or "ffn.norm": AddNorm(module, name, hf, hidden); break;
                    case "ffn.in": AddLinear(module, name, hf, inner, hidden); break;
                    case "ffn.out": AddLinear(module, name, hf, hidden, inner); break;
                    default: AddLinear(module, name, hf, hidden, hidden); break;
                }
            }
        }
    }

    private void AddTable(string name, string hfName, int rows, string[] tied)
    {
        int[] shape = [rows, Config.EmbeddingSize];
        Add(name, shape, InitKind.Normal, [new TensorPiece(hfName, shape, 0, tied)]);
    }

    private void AddNorm(ModuleNames module, string stem, string hfStem, int cols)
    {
        foreach ((string part, InitKind init) in (ReadOnlySpan<(string, InitKind)>)[("weight", InitKind.Ones), ("bias", InitKind.Zeros)])
            Add($"{stem}{module.Name}.{part}", [cols], init, [new TensorPiece($"{hfStem}{module.HfNames[0]}.{part}", [cols], 0, [])]);
    }

    /// <summary>A linear layer, [rows, cols] for each Hugging Face module it joins.</summary>
    private void AddLinear(ModuleNames module, string stem, string hfStem, int rows, int cols)
    {
        int parts = module.HfNames.Length;
        Add($"{stem}{module.Name}.weight", [parts * rows, cols], InitKind.Normal,
            [.. module.HfNames.Select((hf, i) => new TensorPiece($"{hfStem}{hf}.weight", [rows, cols], i * rows * cols, []))]);
        Add($"{stem}{module.Name}.bias", [parts * rows], InitKind.Zeros,
            [.. module.HfNames.Select((hf, i) => new TensorPiece($"{hfStem}{hf}.bias", [rows], i * rows, []))]);
    }

    // Matrices and embeddings are what starts normal, and what decays (google-research/bert excludes LayerNorm and biases).
    private void Add(string name, int[] shape, InitKind init, TensorPiece[] pieces) =>
        _parameters.Add(new ParameterSpec(name, shape, init, Decays: init == InitKind.Normal, pieces));
}
