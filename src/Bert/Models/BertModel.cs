using BareBert.Autograd;
using BareBert.Kernels;

namespace BareBert.Bert.Models;

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
    private readonly Arena _quantizedMemory;
    private readonly Dictionary<string, Nf4Matrix> _quantized = [];
    private float[] _downloaded = [];

    // Of a model that is only used; parameters may lie in its file.
    private readonly FixedWeights? _fixed;
    private ITensorSource? _weights;

    private BertModel(
        IKernels kernels, ParameterLayout layout, SubwordTokenizer tokenizer, Func<ParameterSpec, ParameterTraining> training, Adaptation? adaptation,
        IReadOnlyDictionary<string, nint>? inPlace = null, FixedWeights? fixedWeights = null)
    {
        _fixed = fixedWeights;
        (_kernels, Layout, Tokenizer, Adaptation) = (kernels, layout, tokenizer, adaptation);
        Specs = [.. layout.Parameters, .. adaptation?.ParametersOf(layout) ?? []];
        _quantizedMemory = new Arena(kernels.Memory);
        foreach (ParameterSpec weight in layout.Parameters.Where(p => adaptation is { Quantizes: true } && Adaptation.IsProjection(p)))
            _quantized.Add(weight.Name, Nf4Matrix.Allocate(_quantizedMemory, weight.Shape[0], weight.Shape[1]));
        Parameters = new ParameterSet(kernels, [.. Specs.Where(p => !_quantized.ContainsKey(p.Name)).Select(p =>
        {
            ParameterTraining how = training(p);
            bool isOpen = adaptation is null || p.IsAdded || adaptation.Trains(p);
            return new ParameterSlot(p.Name, Shape.Of(p.Shape), how.Group, how.IsTrained && isOpen) { Address = inPlace?.GetValueOrDefault(p.Name) ?? 0 };
        })]);
        Encoder = new Encoder(layout.Config, Parameters, hasPooler: layout.Contains("pooler.weight"), ProjectionOf);
    }

    /// <summary>The model's sizes.</summary>
    public BertConfig Config => Layout.Config;

    /// <summary>Names, shapes and Hugging Face's names of all parameters.</summary>
    public ParameterLayout Layout { get; private set; }

    /// <summary>What a fine-tuning method added; null: nothing.</summary>
    public Adaptation? Adaptation { get; }

    /// <summary>The model that was adapted, where <see cref="Adaptation"/> is not null and it was loaded.</summary>
    public BaseModel? Base { get; private set; }

    /// <summary>How its tokens' vectors become a text's, where it is a model of sentences: saved with it.</summary>
    public SentenceModules? Sentence { get; set; }

    /// <summary>Whether opening adapters changed parameters that <see cref="Adaptation"/> does not save.</summary>
    internal bool ChangesBase { get; set; }

    /// <summary>All parameters: the layout's, then those that were added.</summary>
    public IReadOnlyList<ParameterSpec> Specs { get; }

    /// <summary>Number of elements of all parameters.</summary>
    public long Total => Specs.Sum(p => (long)p.Count);

    /// <summary>Of these, those that training changes.</summary>
    public long Trained => Parameters.All.Where(p => p.RequiresGrad).Sum(p => p.Value.Count);

    /// <summary>Text to ids.</summary>
    public SubwordTokenizer Tokenizer { get; private set; }

    /// <summary>The parameters' memory.</summary>
    public ParameterSet Parameters { get; }

    /// <summary>The part that all tasks share.</summary>
    public Encoder Encoder { get; }

    /// <summary>All parameters are trained; biases and LayerNorm do not decay.</summary>
    public static ParameterTraining TrainAll(ParameterSpec parameter) =>
        new(parameter.Decays ? DecayGroup : NoDecayGroup, IsTrained: true);

    /// <summary>No parameter is trained: neither gradients nor moments are kept.</summary>
    public static ParameterTraining TrainNone(ParameterSpec parameter) => TrainAll(parameter) with { IsTrained = false };

    /// <summary>For <see cref="TrainAll"/>'s groups.</summary>
    public static GroupRate RateOf(int group) => new(Decays: group == DecayGroup);

    /// <summary>A model with random weights: N(0, initializer_range) matrices, zero biases, LayerNorm the identity.</summary>
    /// <param name="kernels">The device.</param>
    /// <param name="layout">What to make.</param>
    /// <param name="tokenizer">Its vocabulary is as large as the configuration says.</param>
    /// <param name="seed">Of the weights.</param>
    /// <param name="training">How each parameter is trained; <see cref="TrainAll"/> unless given.</param>
    /// <param name="adaptation">What a fine-tuning method adds; null: nothing.</param>
    public static BertModel Create(
        IKernels kernels, ParameterLayout layout, SubwordTokenizer tokenizer, ulong seed,
        Func<ParameterSpec, ParameterTraining>? training = null, Adaptation? adaptation = null)
    {
        var model = new BertModel(kernels, layout, tokenizer, training ?? TrainAll, adaptation);
        model.Initialise(seed, []);
        return model;
    }

    /// <summary>A model to learn on from a checkpoint; what the checkpoint lacks (a new head) is random.</summary>
    /// <param name="kernels">The device.</param>
    /// <param name="folder">The checkpoint.</param>
    /// <param name="task">The head wanted.</param>
    /// <param name="training">How each parameter is trained: <see cref="TrainAll"/>, or what a plan says.</param>
    /// <param name="seed">Of new weights.</param>
    /// <param name="configure">Changes to the checkpoint's configuration: labels, another head.</param>
    /// <param name="adapt">What a fine-tuning method is to add. A folder of adapters has its own and is read with its base model.</param>
    /// <param name="newHead">Whether the head begins anew though the checkpoint has one of its names and shapes: one for another task.</param>
    /// <param name="addTokens">Tokens that the vocabulary is to know besides; where the model has no spare rows for them, its embeddings grow.</param>
    /// <returns>The model, and which tensors were new or unused.</returns>
    /// <exception cref="InputException">The folder holds no checkpoint that fits.</exception>
    public static (BertModel Model, LoadReport Report) LoadForTraining(
        IKernels kernels, ModelFolder folder, TaskDefinition task, Func<ParameterSpec, ParameterTraining> training, ulong seed = 1,
        Func<BertConfig, BertConfig>? configure = null, Func<ParameterLayout, Adaptation?>? adapt = null, IReadOnlyList<string>? addTokens = null, bool newHead = false) =>
        folder.Read(() => Load(kernels, folder, task, training, seed, configure, adapt, addTokens, newHead));

    private static (BertModel Model, LoadReport Report) Load(
        IKernels kernels, ModelFolder folder, TaskDefinition task, Func<ParameterSpec, ParameterTraining> training, ulong seed,
        Func<BertConfig, BertConfig>? configure, Func<ParameterLayout, Adaptation?>? adapt, IReadOnlyList<string>? addTokens, bool newHead, FixedWeights? fixedWeights = null)
    {
        BertConfig config = configure is null ? folder.Config : configure(folder.Config);
        SubwordTokenizer tokenizer = TokenizerFactory.Load(folder.TokenizerPath);
        RequireVocabulary(config, tokenizer, folder.Path);
        tokenizer = tokenizer.WithTokens(addTokens ?? []);
        bool grows = tokenizer.VocabularySize > config.VocabSize;
        if (grows)
            config = config with { VocabSize = tokenizer.VocabularySize };
        ParameterLayout layout = ParameterLayout.For(config, task);
        Adaptation? adaptation = folder.Adapter?.ReadAdaptation(layout) ?? adapt?.Invoke(layout);
        ITensorSource source = folder.OpenWeights();
        BertModel? model = null;
        try
        {
            bool inPlace = fixedWeights is not null && kernels is { Memory.IsHost: true, ElementType: DType.Float32 } && adaptation is not { Quantizes: true };
            IReadOnlyDictionary<string, nint>? places = inPlace ? WeightLoader.InPlace(source, layout) : null;
            model = new BertModel(kernels, layout, tokenizer, training, adaptation, places, fixedWeights);
            HashSet<string> known = [.. places?.Keys ?? []];
            LoadReport report = WeightLoader.Load(source, layout, (parameter, values) =>
            {
                known.Add(parameter.Name);
                model.Set(parameter, values);
            }, replaceHeads: true, growsVocabulary: grows, newHead, places);
            model.Initialise(seed, known);
            model._weights = places is { Count: > 0 } ? source : null;
            if (adaptation is not null)
                model.Base = folder.ToBase();
            if (task.IsOfSentences)
                model.Sentence = folder.ReadSentenceModules();
            if (folder.Adapter is not null)
                report = folder.Adapter.LoadInto(model, report);
            if (model.ChangesBase && model.Trained > 0)
                throw new InputException($"adapters that change the base model's own embeddings or layers are not trained further: {folder.Path}; merge them into a model first");
            folder.RequireSealed();
            if (model._weights is null)
                source.Dispose();
            return (model, report);
        }
        catch
        {
            model?.Dispose();
            source.Dispose();
            throw;
        }
    }

    /// <summary>
    /// A trained model to be used: nothing of it is trained, so it has neither gradients nor moments. Where it runs in this process's memory, weights of float32 stay where
    /// their file is mapped, so that they are read when they are needed and shared by all processes: the file must not be written to meanwhile, replaced it may be.
    /// </summary>
    /// <param name="kernels">The device.</param>
    /// <param name="folder">The checkpoint.</param>
    /// <param name="task">The head, which the checkpoint must have; without a head a missing pooler is none.</param>
    /// <param name="notice">Takes what is worth knowing of its files; null: nobody.</param>
    /// <param name="int8">Whether the encoder's linear layers are computed in 8 bits: on the processor.</param>
    /// <exception cref="InputException">The folder holds no checkpoint that fits, or one without that head.</exception>
    public static BertModel LoadForInference(IKernels kernels, ModelFolder folder, TaskDefinition task, Action<string>? notice = null, bool int8 = false)
    {
        (BertModel model, LoadReport report) = folder.Read(() => Load(
            kernels, folder, task, TrainNone, 1, configure: null, adapt: null, addTokens: null, newHead: false, new FixedWeights(int8)));
        try
        {
            foreach (string oddity in model.Tokenizer.Notices)
                notice?.Invoke(oddity);
            if (report.Behind(model.Config.Layers) is [var behind, ..] all)
                notice?.Invoke($"not read: {all.Count} tensors, as {behind}, of layers behind the {model.Config.Layers} that {CheckpointNames.Config} names: {folder.Path}");
            if (report.Foreign.Count > 0)
                notice?.Invoke($"not read: {string.Join(", ", report.Foreign.Select(tensor => $"{Printable.Quote(tensor.Name)} ({tensor.Type})"))} in {folder.Path}: types that nothing here computes with");
            if (task.HasHead)
                report.RequireAll(folder.Path);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Takes the weights of a checkpoint of the very same model.</summary>
    /// <exception cref="InputException">It is of another, or lacks some.</exception>
    public void Restore(string directory)
    {
        ModelFolder folder = ModelFolder.Open(directory);
        using ITensorSource source = folder.OpenWeights();
        if (folder.Adapter is null)
            WeightLoader.Load(source, Layout, Set).RequireAll(directory);
        else
            folder.Adapter.LoadInto(this, new LoadReport([], []));
    }

    /// <summary>Throws where a tokenizer's vocabulary is larger than the model's.</summary>
    /// <exception cref="InputException">It is.</exception>
    public static void RequireVocabulary(BertConfig config, SubwordTokenizer tokenizer, string where)
    {
        if (tokenizer.VocabularySize > config.VocabSize)
        {
            throw new InputException($"the vocabulary does not fit the model: {where}: {tokenizer.VocabularySize} entries, "
                + $"but the model has {config.VocabSize}; use the vocabulary it was trained with, and add tokens as training begins (`AddTokens`)");
        }
    }

    /// <summary>Changes what the configuration says, but for the sizes: what was found out in training and is saved with the model.</summary>
    public void Reconfigure(Func<BertConfig, BertConfig> change) => Layout = ParameterLayout.For(change(Config), Layout.Task, Layout.Labels);

    /// <summary>Overwrites a parameter.</summary>
    public void Set(ParameterSpec parameter, ReadOnlySpan<float> values)
    {
        if (_quantized.TryGetValue(parameter.Name, out Nf4Matrix matrix))
        {
            matrix.Set(values);
            return;
        }
        _fixed?.OnSet(parameter.Name);
        Tensor tensor = Parameters[parameter.Name].Value;
        if (tensor.DType == DType.Float64)
            tensor.Upload<double>(Array.ConvertAll(values.ToArray(), x => (double)x));
        else
            tensor.Upload(values);
    }

    /// <summary>Writes config.json, the weights and the tokenizer's files into a folder; of an adapted model what was added.</summary>
    public void Save(string directory)
    {
        if (Adaptation is null)
            ModelFolder.Save(directory, Layout, ValuesOf);
        else
            AdapterFolder.Save(directory, this, ValuesOf);
        SaveOthers(directory);
    }

    /// <summary>Writes a model that does without what was added: low-rank products are added to the weights they stand beside.</summary>
    /// <exception cref="InputException">What was added is no change of weights.</exception>
    public void SaveMerged(string directory)
    {
        ModelFolder.Save(directory, Layout, parameter =>
        {
            float[] values = CopyOf(parameter);
            Adaptation?.MergeInto(parameter, values, Parameters);
            return values;
        });
        SaveOthers(directory);
    }

    /// <summary>Names of the head's classes: the configuration's, else as transformers counts them.</summary>
    internal IReadOnlyList<string> LabelNames =>
        Config.Labels.Count == Layout.Labels ? Config.Labels : [.. Enumerable.Range(0, Layout.Labels).Select(c => $"LABEL_{c}")];

    /// <summary>Has the other end of long texts give way from now on, here and in what is saved; null: the one that does.</summary>
    /// <returns>The end that gives way.</returns>
    internal TruncationSide Truncate(TruncationSide? side)
    {
        if (side is { } end && end != Tokenizer.TruncationSide)
            Tokenizer = Tokenizer.WithTruncationSide(end);
        return Tokenizer.TruncationSide;
    }

    /// <summary>A parameter's values as they are: [Count].</summary>
    internal float[] CopyOf(ParameterSpec parameter) => ValuesOf(parameter).ToArray();

    /// <summary>A parameter's values, low-rank products added; where what was added is no change of weights, the values alone.</summary>
    internal float[] EffectiveValuesOf(ParameterSpec parameter)
    {
        float[] values = CopyOf(parameter);
        if (Adaptation is { CanMerge: true })
            Adaptation.MergeInto(parameter, values, Parameters);
        return values;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Parameters.Dispose();
        _quantizedMemory.Dispose();
        _fixed?.Dispose();
        _weights?.Dispose();
    }

    private void SaveOthers(string directory)
    {
        Tokenizer.Save(directory);
        Sentence?.Save(directory, Config.HiddenSize);
    }

    private IProjection ProjectionOf(string name)
    {
        Parameter bias = Parameters[$"{name}.bias"];
        IProjection plain = _quantized.TryGetValue($"{name}.weight", out Nf4Matrix matrix)
            ? new Nf4Projection(matrix, bias) : PlainProjectionOf(Parameters[$"{name}.weight"], bias);
        return Adaptation?.Wrap(plain, name, Parameters) ?? plain;
    }

    private IProjection PlainProjectionOf(Parameter weight, Parameter bias) => _fixed?.ProjectionOf(weight, bias) ?? LinearProjection.Of(weight, bias);

    // All but those that are known; each has a stream of its own, so that it begins alike whatever else is known.
    private void Initialise(ulong seed, HashSet<string> known)
    {
        for (int i = 0; i < Specs.Count; i++)
        {
            if (!known.Contains(Specs[i].Name))
                Initialise(Specs[i], seed, (uint)i);
        }
    }

    private void Initialise(ParameterSpec parameter, ulong seed, uint stream)
    {
        var values = new float[parameter.Count];
        switch (parameter.Init)
        {
            case InitKind.Normal: NormalFill.Fill(values, Config.InitializerRange, seed, stream); break;
            case InitKind.FanIn: NormalFill.Fill(values, 1 / Math.Sqrt(3.0 * parameter.Shape[1]), seed, stream); break;
            case InitKind.Ones: values.AsSpan().Fill(1); break;
        }
        Set(parameter, values);
    }

    private ReadOnlySpan<float> ValuesOf(ParameterSpec parameter)
    {
        if (_quantized.TryGetValue(parameter.Name, out Nf4Matrix matrix))
            return matrix.Dequantize();
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
