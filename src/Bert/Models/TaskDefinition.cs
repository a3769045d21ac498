namespace BareBert.Bert.Models;

/// <summary>
/// What stands on top of the encoder: its name, its parameters, and what others call it. Whoever brings a head of their own
/// derives from this, lays a model out with <see cref="ParameterLayout.For"/> and finds the parameters in <see cref="BertModel.Parameters"/>.
/// </summary>
public abstract class TaskDefinition
{
    /// <summary>In options and files: "classification".</summary>
    public abstract string Name { get; }

    /// <summary>What Hugging Face's class is called behind the family: "ForSequenceClassification".</summary>
    public abstract string ClassSuffix { get; }

    /// <summary>What transformers' own choice of a class for such a checkpoint is called.</summary>
    public virtual string AutoClass => "AutoModel" + ClassSuffix;

    /// <summary>The hub's name of what such a model does.</summary>
    public abstract string PipelineTag { get; }

    /// <summary>PEFT's <c>task_type</c>; null where it has none.</summary>
    public virtual string? PeftType => null;

    /// <summary>Whether Hugging Face's class is built with the pooler, in families that have one.</summary>
    public virtual bool HasPooler => false;

    /// <summary>Whether anything stands on the encoder: then its tensors' names begin with the family's in files.</summary>
    public virtual bool HasHead => true;

    /// <summary>Whether the head has classes with names: <see cref="BertConfig.Labels"/>.</summary>
    public virtual bool HasClasses => false;

    /// <summary>The fewest classes that make sense.</summary>
    public virtual int FewestClasses => 1;

    /// <summary>Tensors of a file that are the word embeddings again.</summary>
    public virtual string[] TiedToWords(ModelFamily family) => [];

    /// <summary>Throws where the head does not suit a model.</summary>
    /// <exception cref="InputException">The family has no such head.</exception>
    public virtual void Validate(BertConfig config)
    {
    }

    /// <summary>Lists the head's parameters, in the order in which Hugging Face declares them.</summary>
    public abstract void AddHead(HeadParameters head);

    /// <summary>Hugging Face's class, as <c>architectures</c> of config.json names it: <c>BertForPreTraining</c>.</summary>
    public string ArchitectureName(ModelFamily family) => family + ClassSuffix;

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>Takes the parameters that a <see cref="TaskDefinition"/> lists.</summary>
public sealed class HeadParameters
{
    private readonly List<ParameterSpec> _parameters;

    internal HeadParameters(BertConfig config, int labels, List<ParameterSpec> parameters) => (Config, Labels, _parameters) = (config, labels, parameters);

    /// <summary>The model's shape.</summary>
    public BertConfig Config { get; }

    /// <summary>Number of classes; 0 for a head without.</summary>
    public int Labels { get; }

    /// <summary>A linear layer: a weight [rows, cols] that starts normal and a bias [rows] that starts at zero.</summary>
    /// <param name="name">Its name here, as "classifier.output".</param>
    /// <param name="hfName">Hugging Face's, as "classifier".</param>
    /// <param name="rows">Outputs.</param>
    /// <param name="cols">Inputs.</param>
    public void AddLinear(string name, string hfName, int rows, int cols)
    {
        Add($"{name}.weight", $"{hfName}.weight", [rows, cols], InitKind.Normal, []);
        AddBias($"{name}.bias", $"{hfName}.bias", rows);
    }

    /// <summary>A LayerNorm: a weight of ones and a bias of zeros, [cols].</summary>
    public void AddNorm(string name, string hfName, int cols)
    {
        Add($"{name}.weight", $"{hfName}.weight", [cols], InitKind.Ones, []);
        AddBias($"{name}.bias", $"{hfName}.bias", cols);
    }

    /// <summary>A vector that starts at zero.</summary>
    /// <param name="name">Its whole name here.</param>
    /// <param name="hfName">Hugging Face's.</param>
    /// <param name="count">Elements.</param>
    /// <param name="tied">Other names of the same tensor in files.</param>
    public void AddBias(string name, string hfName, int count, params string[] tied) => Add(name, hfName, [count], InitKind.Zeros, tied);

    // Matrices and embeddings are what starts normal, and what decays (google-research/bert excludes LayerNorm and biases).
    private void Add(string name, string hfName, int[] shape, InitKind init, string[] tied) =>
        _parameters.Add(new ParameterSpec(name, shape, init, Decays: init == InitKind.Normal, [new TensorPiece(hfName, shape, 0, tied)]));
}
