namespace BareBert.Bert.Models;

/// <summary>
/// What a fine-tuning method adds to a model whose own weights it leaves alone: parameters of its own, and how the linear
/// layers are applied with them.
/// </summary>
public abstract record Adaptation
{
    /// <summary>Whether the linear layers' own weights are kept in 4 bits, <see cref="Kernels.Nf4"/>.</summary>
    public bool Quantizes { get; init; }

    /// <summary>The parameters that are added; in files they have the names of their <see cref="TensorPiece"/>s.</summary>
    public abstract IReadOnlyList<ParameterSpec> ParametersOf(ParameterLayout layout);

    /// <summary>A linear layer with what this adds to it; the layer itself where that is nothing.</summary>
    /// <param name="plain">The layer.</param>
    /// <param name="name">Its name, as "layers.0.ffn.in".</param>
    /// <param name="parameters">Holds the added parameters.</param>
    public abstract IProjection Wrap(IProjection plain, string name, Autograd.ParameterSet parameters);

    /// <summary>Whether a parameter of the model itself is trained along: the head, as it is new.</summary>
    public virtual bool Trains(ParameterSpec parameter) => !parameter.IsEncoder;

    /// <summary>Whether what was added is a change of weights.</summary>
    public virtual bool CanMerge => true;

    /// <summary>What has to be added to a weight so that the plain layer does what the adapted one does.</summary>
    /// <param name="weight">A parameter of the model.</param>
    /// <param name="values">Its values, changed in place.</param>
    /// <param name="parameters">Holds the added parameters, on the host.</param>
    /// <exception cref="InputException">What was added is no change of a weight.</exception>
    public abstract void MergeInto(ParameterSpec weight, Span<float> values, Autograd.ParameterSet parameters);

    /// <summary>The stem of added tensors' names in files, as PEFT's models have it around Hugging Face's own.</summary>
    protected const string FilePrefix = "base_model.model.";

    /// <summary>Whether a parameter is the weight of a linear layer of the encoder's layers.</summary>
    public static bool IsProjection(ParameterSpec parameter) => parameter.Layer >= 0 && parameter.Shape.Length == 2;
}
