namespace BareBert.Bert.Models;

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
