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

    /// <summary>Whether a model of such a configuration is read through its pooler.</summary>
    public virtual bool UsesPooler(BertConfig config) => HasPooler;

    /// <summary>Whether anything stands on the encoder: then its tensors' names begin with the family's in files.</summary>
    public virtual bool HasHead => true;

    /// <summary>Whether the head has classes with names: <see cref="BertConfig.Labels"/>.</summary>
    public virtual bool HasClasses => false;

    /// <summary>Whether it makes one vector of a text, in the way that the model's folder says (<see cref="SentenceModules"/>).</summary>
    public virtual bool IsOfSentences => false;

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
