using System.CommandLine;
using System.Text.Json.Nodes;
using BareBert.Bert;
using BareBert.Cli.Display;
using BareBert.Kernels;

namespace BareBert.Cli;

/// <summary>Everything that one training run needs, opened; disposed of when it is over.</summary>
internal interface ITrainingSession : IDisposable
{
    /// <summary>Its folder.</summary>
    RunDirectory Run { get; }

    /// <summary>One line about the run.</summary>
    string Title();

    /// <summary>What run.json says beside the options.</summary>
    JsonObject Facts();

    /// <summary>The trainer, at the run's beginning or its checkpoint.</summary>
    Trainer NewTrainer(ITrainingObserver observer);

    /// <summary>What is to be measured once the training is over, and what is to be said of the run.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    RunSummary Summarise(TrainerState state, TrainingEnd end, CancellationToken cancel);
}

/// <summary>Runs a training verb: the same for every task.</summary>
internal static class TrainingVerb
{
    /// <summary>Opens the device and the session, trains, and says how it went.</summary>
    /// <param name="verb">The verb.</param>
    /// <param name="parsed">Its command line.</param>
    /// <param name="settings">The options that every training verb has.</param>
    /// <param name="open">Opens the session on a device; the callback takes notices.</param>
    /// <param name="cancel">Saves and stops.</param>
    public static int Execute(
        Command verb, ParseResult parsed, TrainingSettings settings, Func<IKernels, Action<string>, ITrainingSession> open, CancellationToken cancel)
    {
        var output = new RunOutput(settings.IsJson, settings.IsQuiet);
        using IKernels device = Devices.Open(settings.Device, settings.Threads, settings.Precision);
        using ProfilingKernels? profile = settings.Profile ? new ProfilingKernels(device) : null;
        using ITrainingSession session = open(profile ?? device, output.Notice);
        JsonObject run = RunFile.Describe(verb, parsed, session.Facts());
        session.Run.WriteOptions(run);
        output.Title(session.Title());

        TrainingEnd end;
        TrainerState state;
        using (ITrainingDisplay display = output.Progress())
        {
            using Trainer trainer = session.NewTrainer(display);
            end = trainer.Run(cancel);
            state = trainer.State;
        }
        if (end == TrainingEnd.Interrupted)
        {
            output.Interrupted(verb.Name, session.Run, state);
            return ExitCodes.Interrupted;
        }
        RunSummary summary = session.Summarise(state, end, cancel);
        summary.Write(run);
        output.Result(summary);
        if (profile is not null)
            output.Profile(profile.Costs);
        return ExitCodes.Success;
    }
}
