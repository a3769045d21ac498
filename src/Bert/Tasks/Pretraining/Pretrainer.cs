using System.Text.Json.Nodes;

namespace BareBert.Bert.Tasks;

/// <summary>Pretrains a model: masked words and next sentence, from scratch or from a checkpoint.</summary>
/// <param name="options">What, on what, and how.</param>
/// <param name="observer">Is told how it goes.</param>
public sealed class Pretrainer(PretrainerOptions options, ITrainingObserver? observer = null)
{
    /// <summary>Options that go on with a run, as it has written them down.</summary>
    /// <param name="directory">The run's folder.</param>
    /// <exception cref="InputException">It is no such run.</exception>
    public static PretrainerOptions Resume(string directory)
    {
        (JsonObject options, string path) = RunFile.ReadOptions(directory, new PretrainerOptions().Verb);
        return OptionsJson.Read<PretrainerOptions>(options, path) with { Out = directory, Opening = RunOpening.Resume };
    }

    /// <summary>Trains; either way what was learned is in the run's folder.</summary>
    /// <param name="cancel">Saves and stops.</param>
    /// <exception cref="InputException">Something of the options is wrong, or a file.</exception>
    /// <exception cref="RunException">It failed: a full disk, a loss that is not a number.</exception>
    public TrainingResult Run(CancellationToken cancel = default)
    {
        PretrainerOptions resolved = options with { Device = options.ResolvedDevice };
        return TrainingRun.Execute(resolved, observer, (opened, kernels, told) => new PretrainingRun(opened, kernels, told), cancel);
    }
}
