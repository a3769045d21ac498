using System.CommandLine;
using BareBert.Cli.Display;

namespace BareBert.Cli;

/// <summary>What both training verbs have: the options of every training, where a run is kept, and how it is shown.</summary>
/// <typeparam name="T">The record of the verb's options.</typeparam>
internal sealed class TrainingVerb<T> where T : TrainingOptions
{
    // What may differ when a run goes on: its limits, how it is watched and shown, where it computes.
    private static readonly string[] Shown = ["--resume", "--profile", "--json", "--quiet", "--verbose"];

    private readonly Option<string?> _out = new("--out") { Description = "The run's directory; unless given, a new one under runs/.", HelpName = "DIR" };
    private readonly Option<bool> _overwrite = new("--overwrite") { Description = "Replace the run that --out holds." };
    private readonly Option<string?> _resume = new("--resume") { Description = "Go on with an interrupted run, bit for bit as if it had not stopped.", HelpName = "DIR" };
    private readonly Option<bool> _profile = new("--profile") { Description = "Print at the end where the time went, kernel by kernel." };
    private readonly Option<bool> _json = CommonOptions.Json(), _quiet = CommonOptions.Quiet();
    private readonly Option[] _limits, _changeable;
    private readonly Func<ParseResult, T, T> _move;

    /// <summary>Adds the options of every training.</summary>
    /// <param name="record">The verb's own options.</param>
    /// <param name="places">Those that say where data lie: their fingerprint guards that they are the same elsewhere.</param>
    /// <param name="move">Takes these from a command line into the options of a run that goes on.</param>
    public TrainingVerb(RecordOptions<T> record, Option[] places, Func<ParseResult, T, T> move)
    {
        (Record, _move) = (record, move);
        _limits =
        [
            record.Add(o => o.Epochs, "Passes over the data.", "N"),
            record.Add(o => o.Steps, "Optimizer steps; the run ends with the first limit reached.", "N"),
            record.AddText(o => o.TimeBudget, (name, text) => Durations.Parse(name, text), "Time to train, as in 30m, 2h or 90s.", "TIME"),
        ];
        record.Add(o => o.BatchSize, "Examples of a batch.", "N");
        record.Add(o => o.GradAccum, "Batches that one optimizer step sums over.", "N");
        record.Add(o => o.MicroBatches, "Parts that a batch is cut into, summed as a tree: with the same N any number of processes (mpirun -n 4 barebert …) writes the same bytes. Unless given, 1 process does not cut, more cut into 8 or into as many as they are.", "N");
        Option shard = record.AddChoice(o => o.Shard, "What several processes share: optimizer, each keeps the moments of its part alone (ZeRO, stage 1); results are the same.");
        record.Add(o => o.LearningRate, "Peak learning rate; unless given, one that suits the model's size.", "X");
        record.Add(o => o.Warmup, "Warm-up: steps, or a share of the run below 1.", "X");
        record.AddChoice(o => o.Schedule, "The learning rate after the warm-up.");
        record.Add(o => o.WeightDecay, "AdamW's decoupled decay; none on biases and LayerNorm.", "X");
        record.Add(o => o.Dropout, "Share of the activations dropped, between layers and of attention's weights; unless given, the model's own, and 0 in pretraining a new one of a size by name.", "X");
        record.Add(o => o.Clip, "The largest global norm of the gradient; 0: no clipping.", "X");
        record.AddList(o => o.AddTokens, "Tokens that the vocabulary is to know besides, each a single id wherever it stands; the embeddings grow by as many.", "TOKEN…");
        record.Add(o => o.Seed, "The run is a function of it.", "N");
        record.Add(o => o.NoFirstEvaluation, "Do not evaluate the model before its first step.");
        Option evalEvery = record.Add(o => o.EvalEvery, "Evaluate each N steps too, not only after every epoch.", "N");
        Option saveEvery = record.AddText(o => o.SaveEvery, (name, text) => SaveInterval.Parse(name, text),
            "Save so often too, not only after every epoch: a time as in 5m, a number of steps, or 0.", "TIME|N", shown: "5m");
        Option keep = record.Add(o => o.Keep, "Checkpoints to keep beside the best model: the last, and those before it as checkpoint-STEP.", "N");
        Option[] loggers =
        [
            record.AddChoice(o => o.Logger, "Write the figures for another program too: TensorBoard's event files, in the run's folder tensorboard."),
            record.Add(o => o.HistogramEvery, "With --logger tensorboard: histograms of weights and gradients each N steps, 0 for none; unless given, 500.", "N"),
        ];
        record.Add(o => o.EvalLimit, "The most examples of a split that an evaluation runs over, drawn from all of it.", "N");
        record.Add(o => o.EarlyStopping, "Stop after N evaluations in a row without a better model; 0: never.", "N");
        Option[] devices =
        [
            record.Add(o => o.Device, ComputeOptions.DeviceHelp, ComputeOptions.DeviceNames),
            record.Add(o => o.Threads, ComputeOptions.ThreadsHelp, "N"),
            record.AddChoice(o => o.Precision, ComputeOptions.PrecisionHelp),
        ];
        Option[] card =
        [
            record.Add(o => o.License, "The model's licence, for its card, as mit.", "NAME"),
            record.Add(o => o.Language, "The texts' language, for the model's card, as en.", "CODE"),
        ];
        _changeable = [.. _limits, evalEvery, saveEvery, keep, shard, .. loggers, .. devices, .. card, .. places];
    }

    /// <summary>The options that are the record's.</summary>
    public RecordOptions<T> Record { get; }

    /// <summary>Adds the options to a verb.</summary>
    public void AddTo(Command verb)
    {
        Record.AddTo(verb);
        foreach (Option option in (Option[])[_out, _overwrite, _resume, _profile, CommonOptions.Config(), _json, _quiet])
            verb.Options.Add(option);
    }

    /// <summary>Whether a run goes on, with the options that it wrote down.</summary>
    public bool IsResumed(System.CommandLine.Parsing.CommandResult result) => result.GetValue(_resume) is not null;

    /// <summary>Trains and shows how it goes.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="read">The options of a new run.</param>
    /// <param name="resume">Those that a run wrote down.</param>
    /// <param name="run">Trains.</param>
    public int Run(ParseResult parsed, Func<T> read, Func<string, T> resume, Func<T, ITrainingObserver, TrainingResult> run)
    {
        Processes.Current?.Meet();
        IProcessGroup group = Processes.Current?.Group ?? OneProcess.Instance;
        T options = group.All(() => Read(parsed, read, resume)) with { Group = group };
        GuardedConsole.Current?.GoOnWithoutOutput();
        using var output = new RunOutput(parsed.GetValue(_json), parsed.GetValue(_quiet) || (group.Rank > 0 && !parsed.GetValue(CommonOptions.Verbose)));
        TrainingResult result = run(options with { Profile = parsed.GetValue(_profile) }, output);
        bool isInterrupted = result.End == TrainingEnd.Interrupted;
        if (isInterrupted)
            output.Interrupted(parsed.CommandResult.Command.Name, result);
        else
            output.Result(result);
        if (GuardedConsole.Current?.Failure is { } failure)
            Notes.Print($"standard output took no more ({failure.Message.ReplaceLineEndings(" ")}); what the run learned is in {result.Run.Path}");
        return isInterrupted ? ExitCodes.Interrupted : ExitCodes.Success;
    }

    /// <summary>The options of a new run with where it goes.</summary>
    public T Placed(ParseResult parsed, T options) =>
        options with { Out = parsed.GetValue(_out), Opening = parsed.GetValue(_overwrite) ? RunOpening.Overwrite : RunOpening.New };

    private T Read(ParseResult parsed, Func<T> read, Func<string, T> resume)
    {
        if (parsed.GetValue(_resume) is not string directory)
            return Placed(parsed, read());
        RefuseChanges(parsed);
        return Changed(parsed, resume(directory));
    }

    private void RefuseChanges(ParseResult parsed)
    {
        string[] changeable = [.. _changeable.Select(o => o.Name), .. Shown];
        if (parsed.CommandResult.Command.Options.FirstOrDefault(o => CommonOptions.IsGiven(parsed.CommandResult, o) && !changeable.Contains(o.Name)) is { } changed)
        {
            throw new InputException($"{changed.Name} cannot be changed when a run is resumed: it goes on where it is and as it was told, so that its course stays the same; "
                + $"leave it out, or start a new run (these can change: {string.Join(" ", changeable)})");
        }
    }

    // A limit that is given stands in the place of all that the run had.
    private T Changed(ParseResult parsed, T options)
    {
        T given = Record.Read(parsed);
        bool Is(string property) => CommonOptions.IsGiven(parsed.CommandResult, _changeable.First(o => o.Name == "--" + OptionsJson.NamesOf(typeof(T))[property]));
        bool hasLimit = _limits.Any(o => CommonOptions.IsGiven(parsed.CommandResult, o));
        return _move(parsed, options) with
        {
            Epochs = hasLimit ? given.Epochs : options.Epochs,
            Steps = hasLimit ? given.Steps : options.Steps,
            TimeBudget = hasLimit ? given.TimeBudget : options.TimeBudget,
            EvalEvery = Is(nameof(options.EvalEvery)) ? given.EvalEvery : options.EvalEvery,
            SaveEvery = Is(nameof(options.SaveEvery)) ? given.SaveEvery : options.SaveEvery,
            Keep = Is(nameof(options.Keep)) ? given.Keep : options.Keep,
            Logger = Is(nameof(options.Logger)) ? given.Logger : options.Logger,
            HistogramEvery = Is(nameof(options.HistogramEvery)) ? given.HistogramEvery : options.HistogramEvery,
            Shard = Is(nameof(options.Shard)) ? given.Shard : options.Shard,
            License = Is(nameof(options.License)) ? given.License : options.License,
            Language = Is(nameof(options.Language)) ? given.Language : options.Language,
            Device = Is(nameof(options.Device)) ? given.Device : options.Device,
            Threads = Is(nameof(options.Threads)) ? given.Threads : options.Threads,
            Precision = Is(nameof(options.Precision)) ? given.Precision : options.Precision,
        };
    }
}
