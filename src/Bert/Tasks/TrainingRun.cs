using System.Text.Json.Nodes;
using BareBert.Autograd;
using BareBert.Bert.Distributed.Nccl;
using BareBert.Kernels;
using BareBert.Simt;

namespace BareBert.Bert.Tasks;

/// <summary>Everything that one training run needs, opened; disposed of when it is over.</summary>
internal abstract class TrainingRun : IDisposable
{
    /// <summary>Its folder.</summary>
    public RunDirectory Run { get; protected set; } = null!;

    /// <summary>What is trained.</summary>
    public abstract ParameterSet Parameters { get; }

    /// <summary>What its texts are cut up by.</summary>
    public abstract SubwordTokenizer Tokenizer { get; }

    /// <summary>Looks at the model before it is trained, in all processes at once.</summary>
    public virtual void Begin()
    {
    }

    /// <summary>One line about the run.</summary>
    public abstract string Title();

    /// <summary>The options with nothing left open, as run.json has them.</summary>
    public abstract JsonObject ResolvedOptions();

    /// <summary>What run.json says beside the options.</summary>
    public abstract JsonObject Facts();

    /// <summary>The trainer, at the run's beginning or its checkpoint.</summary>
    public abstract Trainer NewTrainer(ITrainingObserver observer);

    /// <summary>How the run went so far, as its model, folder and device say it.</summary>
    public abstract TrainingResult Describe(TrainerState state, TrainingEnd end);

    /// <summary>Measures what is to be measured once the training is over, and adds what is to be said of it.</summary>
    /// <param name="result">As <see cref="Describe"/> gave it.</param>
    /// <param name="watch">Is told how far the last evaluation has come.</param>
    /// <param name="cancel">Stops.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public abstract TrainingResult Complete(TrainingResult result, Action<EvaluationProgress> watch, CancellationToken cancel);

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Opens the device and the run, trains, and writes run.json, metrics.jsonl, checkpoints, summary.json and report.html.</summary>
    /// <param name="options">What every training has.</param>
    /// <param name="observer">Is told how it goes; null: nobody is.</param>
    /// <param name="open">Opens the run on a device; the observer is told what is worth knowing, and how far reading has come.</param>
    /// <param name="cancel">Saves and stops.</param>
    public static TrainingResult Execute<T>(
        T options, ITrainingObserver? observer, Func<T, IKernels, ITrainingObserver, TrainingRun> open, CancellationToken cancel) where T : TrainingOptions
    {
        using var figures = new InvariantFigures();
        observer ??= new NoObserver();
        IProcessGroup group = options.Group;
        ProcessStart.RequireSameProgram(group);
        (int? microBatches, string? notice) = group.All(() =>
        {
            options.Validate();
            return MicroBatchChoice.Of(options, group.Size);
        });
        if (notice is not null)
            observer.OnNotice(notice);
        options = (T)(options with { MicroBatches = microBatches });
        HostLayout layout = HostLayout.Of(group);
        options = (T)(options with { ProcessesHere = layout.LocalSize });
        using IKernels device = group.All(() => OpenDevice(options, layout));
        using NcclGroup? gpus = NcclGroup.Join(group, device, observer.OnNotice);
        if (gpus is not null)
            options = (T)(options with { Group = group = gpus });
        // A GPU's kernels are compiled while the data is read.
        (device as GpuKernels)?.PrepareTrainingStep();
        using ProfilingKernels? profile = options.Profile ? new ProfilingKernels(device) : null;
        string? resumed = options.IsResumed ? options.Out : null;
        using TrainingRun run = ProcessStart.Open(group, layout, path =>
            RunDirectory.Resuming(resumed, () => open(path is null ? options : (T)(options with { Out = path }), profile ?? device, observer)));
        run.Begin();
        JsonObject description = RunFile.Describe(options.Verb, run.ResolvedOptions(), run.Facts());
        ProcessStart.RequireSame(group, description, run);
        TrainingEnd end;
        TrainerState state;
        ProcessCosts? costs;
        using (Trainer trainer = group.All(() => RunDirectory.Resuming(resumed, () => run.NewTrainer(observer)))) // which locks the folder
        {
            group.First(() => run.Run.WriteOptions(description));
            trainer.Describe((JsonObject)description["options"]!);
            observer.OnStart(run.Title());
            end = trainer.Run(cancel);
            (state, costs) = (trainer.State, trainer.ProcessCosts);
        }
        TrainingResult result = run.Describe(state, end) with { KernelCosts = profile?.Costs ?? [], ProcessCosts = costs, IsTrained = end != TrainingEnd.Interrupted, Options = (JsonObject)description["options"]! };
        if (end != TrainingEnd.Interrupted)
            result = run.Finish(result, observer, group, cancel);
        observer.OnEnd();
        result = result with { PeakTensors = device.Memory.Peak, Charts = [.. result.Charts, .. group.Rank == 0 ? RunCharts.OfSteps(run.Run.Metrics) : []] };
        if (options.EvalLimit is int limit)
            result = result with { Notes = [.. result.Notes, $"evaluated on at most {limit:N0} examples of each split, as was asked for"] };
        group.First(result.Write);
        return result;
    }

    private static IKernels OpenDevice(TrainingOptions options, HostLayout layout)
    {
        if (options.Group.Size == 1)
            return Devices.Open(options.Device, options.Threads, options.Precision);
        string device = options.Device == "auto" ? options.ResolvedDevice.Split(':')[0] : options.Device;
        int gpus = device == "cuda" ? CudaDeviceInfo.All(out _).Count : 0;
        return Devices.Open(layout.DeviceOf(device, gpus, Environment.GetEnvironmentVariable("LOCAL_RANK")), options.Threads == 0 ? layout.Threads : options.Threads, options.Precision);
    }

    // The last evaluation. Whatever becomes of it, what was learned and measured before is written down.
    private TrainingResult Finish(TrainingResult result, ITrainingObserver observer, IProcessGroup group, CancellationToken cancel)
    {
        var meter = new EvaluationMeter(progress => observer.OnEvaluating(progress));
        try
        {
            TrainingResult complete = Complete(result, meter.Watch, cancel);
            TrainerState state = meter.AddTo(complete.State, complete.Final.Select(e => e.Split));
            return complete with { State = state with { Seconds = state.Seconds + meter.Seconds } };
        }
        catch (OperationCanceledException e) when (group.Size > 1 ? AgreedFailure.Is(e) : cancel.IsCancellationRequested)
        {
            return result with { End = TrainingEnd.Interrupted, Notes = [.. result.Notes, "the training is over, but the last evaluation was interrupted: a run that goes on does it again"] };
        }
        catch (Exception e) when (group.Size == 1 || AgreedFailure.Is(e))
        {
            group.First(result.Write);
            throw Run.Failed(e, "the last evaluation", "the training is over and saved: evaluate again");
        }
    }

    private sealed class NoObserver : ITrainingObserver;
}
