using BareBert.Kernels;

namespace BareBert.Bert.Inference;

/// <summary>A model that is opened to be used, on a device of its own.</summary>
internal sealed class LoadedModel : IDisposable
{
    private LoadedModel(IKernels kernels, ModelLocation location, TaskDefinition task, InferenceOptions? options) =>
        (Kernels, Location, Model) = (kernels, location, BertModel.LoadForInference(kernels, location.Folder, task, options?.Notice, options?.Int8 == true));

    public IKernels Kernels { get; }

    public ModelLocation Location { get; }

    public BertModel Model { get; }

    /// <summary>Is told how far work on many texts has come.</summary>
    public Action<EvaluationProgress>? Watch { get; private init; }

    /// <summary>Opens device and model for what uses them, and closes them where that cannot be made.</summary>
    /// <param name="find">Finds the model, once there is a device.</param>
    /// <param name="task">The head that it must have.</param>
    /// <param name="options">The device; null: the usual.</param>
    /// <param name="make">Makes what uses them, and disposes of them from then on.</param>
    public static T Open<T>(Func<ModelLocation> find, Func<ModelFolder, TaskDefinition> task, InferenceOptions? options, Func<LoadedModel, T> make)
    {
        IKernels kernels = (options ?? new InferenceOptions()).OpenDevice();
        LoadedModel? loaded = null;
        try
        {
            ModelLocation location = find();
            loaded = new LoadedModel(kernels, location, task(location.Folder), options) { Watch = options?.Watch };
            return make(loaded);
        }
        catch
        {
            loaded?.Model.Dispose();
            kernels.Dispose();
            throw;
        }
    }

    /// <summary>The most tokens of a text: as asked for, else what the run was trained with, else the model's positions.</summary>
    /// <exception cref="InputException">It is over the model's positions.</exception>
    public int MaxLength(InferenceOptions? options)
    {
        int positions = Model.Config.MaxPositions;
        if (options?.MaxLength is not int asked)
            return Math.Min(positions, Location.Number("data", "max_length") ?? positions);
        if (asked < 1)
            throw new InputException($"`{nameof(InferenceOptions.MaxLength)}` {asked} leaves no room for a text: give 3 or more");
        return asked <= positions ? asked
            : throw new InputException($"`{nameof(InferenceOptions.MaxLength)}` {asked} is over the model's {positions} positions: give {positions} or less");
    }

    public void Dispose()
    {
        Model.Dispose();
        Kernels.Dispose();
    }
}
