namespace BareBert.Bert.Models;

/// <summary>
/// A folder with a model, as BareBert and transformers write it and as it lies on the Hugging Face hub:
/// config.json, the weights, and the tokenizer's files.
/// </summary>
public sealed class ModelFolder
{
    private readonly SealedFiles _sealed;

    // Of weights that were read; those written are float32.
    private const string Quantization = "quantization_config";

    // Where modules.json is: the folder itself, or of the oldest sentence models the one around it.
    private readonly string _root;

    private ModelFolder(string root, string path, BertConfig config, AdapterFolder? adapter, SealedFiles files) =>
        (_root, Path, Config, Adapter, _sealed) = (root, path, config, adapter, files);

    /// <summary>The folder that was found; messages and the tokenizer start from it.</summary>
    public string Path { get; }

    /// <summary>The model's shape.</summary>
    public BertConfig Config { get; }

    /// <summary>Where the folder holds what fine-tuning added to another model: that.</summary>
    public AdapterFolder? Adapter { get; }

    /// <summary>The folder with the tokenizer's files: this one, or the base model's where it has none.</summary>
    public string TokenizerPath => Adapter is null || TokenizerFactory.IsIn(Path) ? Path : Adapter.Base.Path;

    /// <summary>Whether the folder says how its vectors become a text's.</summary>
    public bool IsSentenceModel => SentenceModules.IsIn(_root);

    /// <summary>Opens a model's folder, or the best (else the last) model in a run's.</summary>
    /// <exception cref="InputException">There is none, its config.json is wrong, or a file is not as it was saved.</exception>
    public static ModelFolder Open(string path)
    {
        ModelFolder folder = Begin(path);
        folder.RequireSealed();
        return folder;
    }

    /// <summary>As <see cref="Open"/>, but that its large files are as they were saved is being looked at meanwhile: <see cref="RequireSealed"/> says.</summary>
    internal static ModelFolder Begin(string path)
    {
        string[] places = [path, System.IO.Path.Combine(path, "best"), System.IO.Path.Combine(path, "checkpoint")];
        (string Root, string Folder)[] found = [.. places.Select(AtomicDirectory.Find).OfType<string>().Select(place => (place, IsModel(place) ? place : SentenceModuleFiles.EncoderIn(place) ?? place))];
        (string? root, string? folder) = found.FirstOrDefault(place => IsModel(place.Folder));
        if (folder is null)
            throw new InputException(Directory.Exists(path)
                ? $"no model: {path} has no {CheckpointNames.Config}; name a folder with a model or a run"
                : $"{(File.Exists(path) ? "a file where a folder is needed" : "no such folder")}: {path}; name a folder with a model or a run");
        SealedFiles files = CheckpointSeal.Begin(folder);
        string config = System.IO.Path.Combine(folder, CheckpointNames.Config);
        if (!AdapterFolder.IsIn(folder))
            return new ModelFolder(root!, folder, BertConfigJson.Load(config), adapter: null, files);
        AdapterFolder adapter = AdapterFolder.Open(folder);
        return new ModelFolder(root!, folder, File.Exists(config) ? AdapterFolder.Strip(BertConfigJson.Load(config)) : adapter.ConfigOfBase(), adapter, files);
    }

    /// <summary>How its vectors become a text's; null where the folder does not say.</summary>
    /// <exception cref="InputException">It asks for what is not computed here.</exception>
    public SentenceModules? ReadSentenceModules() => IsSentenceModel ? SentenceModules.Open(_root) : null;

    /// <summary>What adapters remember of the model that they are trained on: this folder's, or where it holds adapters, theirs.</summary>
    /// <exception cref="InputException">It has no weights.</exception>
    public BaseModel ToBase() => Adapter?.Base ?? BaseModel.Of(Path, _sealed.Wait());

    /// <summary>Waits until all files were looked at.</summary>
    /// <exception cref="InputException">One is not as it was saved.</exception>
    internal void RequireSealed() => _sealed.Wait();

    /// <summary>Opens the weights; of a folder of adapters the base model's.</summary>
    /// <exception cref="InputException">There are none, or they are broken.</exception>
    public ITensorSource OpenWeights() => TensorSources.Open(Adapter?.Base.Path ?? Path);

    /// <summary>What is read of the folder; where something is wrong with it, that a file is not as it was saved says more.</summary>
    /// <exception cref="InputException">A file is not as it was saved, or <paramref name="read"/> finds something wrong.</exception>
    internal T Read<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InputException)
        {
            RequireSealed();
            throw;
        }
    }

    /// <summary>Writes config.json and model.safetensors into an existing folder.</summary>
    /// <param name="directory">Usually the one that <see cref="AtomicDirectory.Replace"/> gives.</param>
    /// <param name="layout">The model; its class is written as <c>architectures</c>.</param>
    /// <param name="values">The parameters' values.</param>
    /// <param name="isWritten">Which of them there are; all unless given.</param>
    /// <remarks>The tokenizer writes its own files; <see cref="CheckpointSeal.Write"/> comes last.</remarks>
    public static void Save(string directory, ParameterLayout layout, ParameterValues values, Predicate<ParameterSpec>? isWritten = null)
    {
        BertConfig config = layout.Config with
        {
            Architecture = layout.ArchitectureName,
            Other = layout.Config.Other.Where(pair => pair.Key != Quantization).ToDictionary(pair => pair.Key, pair => pair.Value),
        };
        // Without names, transformers takes a classifier to have two classes.
        if (layout.Task.HasClasses && config.Labels.Count != layout.Labels)
            config = config with { Labels = [.. Enumerable.Range(0, layout.Labels).Select(id => $"LABEL_{id}")] };
        File.WriteAllText(System.IO.Path.Combine(directory, CheckpointNames.Config), BertConfigJson.Write(config));
        using FileStream stream = File.Create(System.IO.Path.Combine(directory, CheckpointNames.Weights));
        WeightSaver.Write(stream, layout, values, isWritten);
    }

    private static bool IsModel(string folder) => File.Exists(System.IO.Path.Combine(folder, CheckpointNames.Config)) || AdapterFolder.IsIn(folder);
}
