using System.Text.Json.Nodes;

namespace BareBert.Bert.Tasks;

/// <summary>Fine-tunes a model for a task.</summary>
/// <param name="options">What, on what, and how.</param>
/// <param name="observer">Is told how it goes.</param>
public sealed class FineTuner(FineTunerOptions options, ITrainingObserver? observer = null)
{
    /// <summary>Options that go on with a run, as it has written them down.</summary>
    /// <param name="directory">The run's folder.</param>
    /// <exception cref="InputException">It is no such run.</exception>
    public static FineTunerOptions Resume(string directory)
    {
        (JsonObject options, string path) = RunFile.ReadOptions(directory, new FineTunerOptions().Verb);
        // Runs of earlier versions list the other tasks' options too.
        if (BertTasks.FineTuned.FirstOrDefault(t => t.Name == options["task"]?.ToString()) is { } task)
        {
            HashSet<string> own = [.. OptionsJson.NamesOf(task.OptionsType).Values, .. OptionsJson.NamesOf(typeof(FineTunerOptions)).Values];
            foreach (string foreign in BertTasks.FineTuned.SelectMany(t => OptionsJson.NamesOf(t.OptionsType).Values).Where(name => !own.Contains(name)))
                options.Remove(foreign);
        }
        return FineTunerOptions.FromJson(options, path) with { Out = directory, Opening = RunOpening.Resume };
    }

    /// <summary>Trains; either way what was learned is in the run's folder.</summary>
    /// <param name="cancel">Saves and stops.</param>
    /// <exception cref="InputException">Something of the options is wrong, or a file.</exception>
    /// <exception cref="RunException">It failed: a full disk, a loss that is not a number.</exception>
    public TrainingResult Run(CancellationToken cancel = default)
    {
        if (options.Task is not { } task)
            throw new InputException($"what is to be learned is not said: `{nameof(options.Task)}`; give one of {string.Join(", ", BertTasks.FineTuned.Select(t => t.Name))}");
        return TrainingRun.Execute(options, observer, (kernels, notice) => task.Definition.Open(options, kernels, notice), cancel);
    }
}
