using BareBert.Autograd;
using BareBert.Kernels;

namespace BareBert.Bert;

/// <summary>How one parameter of a model is trained.</summary>
/// <param name="Group">Parameters of a group share decay and learning rate.</param>
/// <param name="IsTrained">False: frozen.</param>
public readonly record struct ParameterTraining(int Group, bool IsTrained);

/// <summary>A model on a device: its configuration, its tokenizer, its parameters, its encoder. Heads are added by tasks.</summary>
public sealed class BertModel : IDisposable
{
    /// <summary>Group of the parameters that decay: matrices and embeddings.</summary>
    public const int DecayGroup = 0;

    /// <summary>Group of those that do not: biases and LayerNorm.</summary>
    public const int NoDecayGroup = 1;

    private readonly IKernels _kernels;
    private float[] _downloaded = [];

    private BertModel(IKernels kernels, ParameterLayout layout, ITokenizer tokenizer, Func<ParameterSpec, ParameterTraining> training)
    {
        (_kernels, Layout, Tokenizer) = (kernels, layout, tokenizer);
        Parameters = new ParameterSet(kernels, [.. layout.Parameters.Select(p =>
        {
            ParameterTraining how = training(p);
            return new ParameterSlot(p.Name, Shape.Of(p.Shape), how.Group, how.IsTrained);
        })]);
        Encoder = new Encoder(layout.Config, Parameters, hasPooler: layout.Contains("pooler.weight"));
    }

    /// <summary>The model's sizes.</summary>
    public BertConfig Config => Layout.Config;

    /// <summary>Names, shapes and Hugging Face's names of all parameters.</summary>
    public ParameterLayout Layout { get; private set; }

    /// <summary>Text to ids.</summary>
    public ITokenizer Tokenizer { get; }

    /// <summary>The parameters' memory.</summary>
    public ParameterSet Parameters { get; }

    /// <summary>The part that all tasks share.</summary>
    public Encoder Encoder { get; }

    /// <summary>All parameters are trained; biases and LayerNorm do not decay.</summary>
    public static ParameterTraining TrainAll(ParameterSpec parameter) =>
        new(parameter.Decays ? DecayGroup : NoDecayGroup, IsTrained: true);

    /// <summary>For <see cref="TrainAll"/>'s groups.</summary>
    public static GroupRate RateOf(int group) => new(Decays: group == DecayGroup);

    /// <summary>A model with random weights: N(0, initializer_range) matrices, zero biases, LayerNorm the identity.</summary>
    /// <param name="kernels">The device.</param>
    /// <param name="layout">What to make.</param>
    /// <param name="tokenizer">Its vocabulary is as large as the configuration says.</param>
    /// <param name="seed">Of the weights.</param>
    /// <param name="training">How each parameter is trained; <see cref="TrainAll"/> unless given.</param>
    public static BertModel Create(
        IKernels kernels, ParameterLayout layout, ITokenizer tokenizer, ulong seed, Func<ParameterSpec, ParameterTraining>? training = null)
    {
        var model = new BertModel(kernels, layout, tokenizer, training ?? TrainAll);
        for (int i = 0; i < layout.Parameters.Count; i++)
            model.Initialise(layout.Parameters[i], seed, (uint)i);
        return model;
    }

    /// <summary>A model with a checkpoint's weights; what the checkpoint lacks (a new head) is random.</summary>
    /// <param name="kernels">The device.</param>
    /// <param name="directory">A folder with config.json, weights and tokenizer files, or a run's.</param>
    /// <param name="task">The head wanted.</param>
    /// <param name="labels">Classes of a classification head; 0: as the checkpoint says.</param>
    /// <param name="seed">Of new weights.</param>
    /// <param name="training">How each parameter is trained; <see cref="TrainAll"/> unless given.</param>
    /// <param name="configure">Changes to the checkpoint's configuration: labels, another head.</param>
    /// <returns>The model, and which tensors were new or unused.</returns>
    /// <exception cref="InputException">The folder holds no checkpoint that fits.</exception>
    public static (BertModel Model, LoadReport Report) Load(
        IKernels kernels, string directory, ModelTask task, int labels = 0, ulong seed = 1,
        Func<ParameterSpec, ParameterTraining>? training = null, Func<BertConfig, BertConfig>? configure = null)
    {
        ModelFolder folder = ModelFolder.Open(directory);
        BertConfig config = folder.Config;
        if (configure is not null)
            config = configure(config);
        ITokenizer tokenizer = TokenizerFactory.Load(folder.Path);
        RequireVocabulary(config, tokenizer, directory);
        BertModel model = Create(kernels, ParameterLayout.For(config, task, labels), tokenizer, seed, training);
        try
        {
            using ITensorSource source = folder.OpenWeights();
            LoadReport report = WeightLoader.Load(source, model.Layout, model.Set, replaceHeads: true);
            return (model, report);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Throws where a tokenizer's vocabulary is larger than the model's.</summary>
    /// <exception cref="InputException">It is.</exception>
    public static void RequireVocabulary(BertConfig config, ITokenizer tokenizer, string where)
    {
        if (tokenizer.VocabularySize > config.VocabSize)
        {
            throw new InputException($"the vocabulary does not fit the model: {where}: {tokenizer.VocabularySize} entries, "
                + $"but the model has {config.VocabSize}; use the vocabulary it was trained with");
        }
    }

    /// <summary>Changes what the configuration says, but for the sizes: what was found out in training and is saved with the model.</summary>
    public void Reconfigure(Func<BertConfig, BertConfig> change) => Layout = ParameterLayout.For(change(Config), Layout.Task, Layout.Labels);

    /// <summary>Overwrites a parameter.</summary>
    public void Set(ParameterSpec parameter, ReadOnlySpan<float> values)
    {
        Tensor tensor = Parameters[parameter.Name].Value;
        if (tensor.DType == DType.Float64)
            tensor.Upload<double>(Array.ConvertAll(values.ToArray(), x => (double)x));
        else
            tensor.Upload(values);
    }

    /// <summary>Writes config.json, model.safetensors and the tokenizer's files into a folder.</summary>
    public void Save(string directory)
    {
        ModelFolder.Save(directory, Layout, ValuesOf);
        Tokenizer.Save(directory);
    }

    /// <inheritdoc/>
    public void Dispose() => Parameters.Dispose();

    private void Initialise(ParameterSpec parameter, ulong seed, uint stream)
    {
        var values = new float[parameter.Count];
        if (parameter.Init == InitKind.Normal)
            NormalFill.Fill(values, Config.InitializerRange, seed, stream);
        else if (parameter.Init == InitKind.Ones)
            values.AsSpan().Fill(1);
        Set(parameter, values);
    }

    private ReadOnlySpan<float> ValuesOf(ParameterSpec parameter)
    {
        Tensor tensor = Parameters[parameter.Name].Value;
        if (_kernels.Memory.IsHost)
            return tensor.Span<float>();
        if (_downloaded.Length < tensor.Count)
            _downloaded = new float[tensor.Count];
        Span<float> values = _downloaded.AsSpan(0, (int)tensor.Count);
        tensor.Download(values);
        return values;
    }
}
