using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BareBert.Bert.Training;

/// <summary>How to treat a run directory that is there already.</summary>
public enum RunOpening
{
    /// <summary>It must be new or empty, or hold a run that ended before its first checkpoint: there is nothing to lose.</summary>
    New,

    /// <summary>What an earlier run left in it is deleted.</summary>
    Overwrite,

    /// <summary>Go on from its checkpoint.</summary>
    Resume,
}

/// <summary>A run's folder: run.json, metrics.jsonl, checkpoint/ and best/.</summary>
public sealed class RunDirectory
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private RunDirectory(string path, bool isResumed) => (Path, IsResumed) = (path, isResumed);

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Whether the run goes on from a checkpoint.</summary>
    public bool IsResumed { get; }

    /// <summary>The resolved options.</summary>
    public string Options => System.IO.Path.Combine(Path, "run.json");

    /// <summary>One object a line.</summary>
    public string Metrics => System.IO.Path.Combine(Path, "metrics.jsonl");

    /// <summary>The result as one object.</summary>
    public string Summary => System.IO.Path.Combine(Path, "summary.json");

    /// <summary>The result as a page.</summary>
    public string Report => System.IO.Path.Combine(Path, "report.html");

    /// <summary>The folder of TensorBoard's event files.</summary>
    public string TensorBoard => System.IO.Path.Combine(Path, "tensorboard");

    /// <summary>What is known of a failure that nobody foresaw.</summary>
    public string Details => System.IO.Path.Combine(Path, "failure.txt");

    /// <summary>Model, optimizer and position: what a run resumes from.</summary>
    public string Checkpoint => System.IO.Path.Combine(Path, "checkpoint");

    /// <summary>Where the checkpoint of an earlier step is kept.</summary>
    public string EarlierCheckpoint(int step) => $"{Checkpoint}-{step}";

    /// <summary>The best model by validation.</summary>
    public string Best => System.IO.Path.Combine(Path, "best");

    /// <summary>
    /// Checks, without touching anything, that a run directory can be opened: before long work that would be in vain.
    /// </summary>
    /// <exception cref="InputException">
    /// It is not empty and was to be new, has no checkpoint and was to be resumed, or another process is training in it.
    /// </exception>
    public static void Require(string path, RunOpening opening)
    {
        string full = System.IO.Path.GetFullPath(path);
        RunLock.RequireFree(full);
        if (opening == RunOpening.Resume)
        {
            CheckpointOf(path);
            return;
        }
        if (File.Exists(full))
            throw new InputException($"the run directory is a file: {path}; give another `Out`");
        if (!Directory.Exists(full) || !Directory.EnumerateFileSystemEntries(full).Any())
            return;
        if (!File.Exists(new RunDirectory(full, false).Options))
            throw new InputException($"this is no run directory: {path}: it is not empty and holds no run.json, so nothing in it is overwritten; give another `Out`");
        if (opening == RunOpening.New && !new RunDirectory(full, false).HoldsNoModel())
        {
            throw new InputException(
                $"the run directory is not empty: {path}; give another `Out`, `RunOpening.Overwrite` to replace the run in it, or `RunOpening.Resume` {path} to go on with it");
        }
    }

    /// <summary>The checkpoint that a run goes on from.</summary>
    /// <exception cref="InputException">There is none.</exception>
    internal static string CheckpointOf(string path)
    {
        var run = new RunDirectory(System.IO.Path.GetFullPath(path), true);
        if (AtomicDirectory.Find(run.Checkpoint) is { } found)
            return found;
        string why = run.LastEarlierCheckpoint is { } kept ? $"; {run.HowToTake(kept, damaged: null)}"
            : run.HoldsNoModel() ? ": the run ended before it saved one; give the command that began it once more"
            : AtomicDirectory.Find(run.Best) is not null ? $"; its best model can still be used: begin a new run with `Model` {path}"
            : "; give the directory of an earlier run";
        throw new InputException($"there is nothing to resume: {path} has no checkpoint{why}");
    }

    /// <summary>How a run goes on from the checkpoint of an earlier step, where its last one is of no use.</summary>
    private string HowToTake(string earlier, string? damaged) =>
        $"{System.IO.Path.GetFileName(earlier)} was kept: {(damaged is null ? "" : $"delete {System.IO.Path.GetFileName(damaged)} and ")}rename it to {System.IO.Path.GetFileName(Checkpoint)} to go on from it";

    private string? LastEarlierCheckpoint => Directory.Exists(Path) ? EarlierCheckpoints().MaxBy(StepOf) : null;

    /// <summary>Begins to go on with a run; where its last checkpoint is damaged, says which earlier one there is.</summary>
    /// <param name="path">The run; null: it is a new one.</param>
    /// <param name="begin">Reads the checkpoint among other things.</param>
    internal static T Resuming<T>(string? path, Func<T> begin)
    {
        try
        {
            return begin();
        }
        catch (InputException e) when (path is not null && e.InnerException is DamagedCheckpointException refused && new RunDirectory(System.IO.Path.GetFullPath(path), true) is { LastEarlierCheckpoint: { } kept } run
            && AtomicDirectory.Find(run.Checkpoint) is { } damaged && System.IO.Path.GetFullPath(refused.Directory).StartsWith(damaged, StringComparison.Ordinal))
        {
            throw new InputException($"{e.Message} ({run.HowToTake(kept, damaged)})", e);
        }
    }

    /// <summary>Opens a run directory. Nothing is deleted but what a run wrote, and that only to overwrite it.</summary>
    /// <exception cref="InputException">As <see cref="Require"/>.</exception>
    /// <exception cref="RunException">It cannot be written.</exception>
    public static RunDirectory Open(string path, RunOpening opening)
    {
        var run = new RunDirectory(System.IO.Path.GetFullPath(path), opening == RunOpening.Resume);
        try
        {
            Require(path, opening);
            if (opening == RunOpening.Resume)
                return run;
            if (opening == RunOpening.Overwrite || run.HoldsNoModel())
                run.DeleteRun();
            if (!run.Claim())
                throw new InputException($"another process is beginning a run in this directory: {path}; give another `Out`");
        }
        catch (Exception e) when (Disk.IsRefusal(e))
        {
            throw Disk.CannotWrite(path, e);
        }
        return run;
    }

    /// <summary>A run directory that another process has opened, and alone writes.</summary>
    internal static RunDirectory Join(string path, bool isResumed) => new(System.IO.Path.GetFullPath(path), isResumed);

    /// <summary>Opens the first directory of a name and a number that nobody has; of several who ask at once each gets its own.</summary>
    /// <param name="parent">Where.</param>
    /// <param name="name">Before the number: "pretrain" of pretrain-1.</param>
    /// <exception cref="RunException">It cannot be written.</exception>
    public static RunDirectory OpenFree(string parent, string name)
    {
        for (int i = 1; ; i++)
        {
            var run = new RunDirectory(System.IO.Path.GetFullPath(System.IO.Path.Combine(parent, $"{name}-{i}")), false);
            try
            {
                if (!System.IO.Path.Exists(run.Path) && run.Claim())
                    return run;
            }
            catch (Exception e) when (Disk.IsRefusal(e))
            {
                throw Disk.CannotWrite(run.Path, e);
            }
        }
    }

    /// <summary>Deletes the oldest checkpoints.</summary>
    /// <param name="count">How many stay, the last one, in <see cref="Checkpoint"/>, among them.</param>
    public void KeepCheckpoints(int count)
    {
        foreach (string old in EarlierCheckpoints().OrderByDescending(StepOf).Skip(count - 1))
            AtomicDirectory.Remove(old);
    }

    /// <summary>What is said of a failure that ends a run; of one that nobody foresaw the details are written down, as the run will not soon be done again.</summary>
    /// <param name="e">The failure.</param>
    /// <param name="where">Where in the run: "step 7".</param>
    /// <param name="saved">What is there to go on from; null: nothing is.</param>
    internal RunException Failed(Exception e, string where, string? saved)
    {
        string shown = System.IO.Path.GetRelativePath(".", Path), what = e switch
        {
            RunException or InputException => e.Message,
            OutOfMemoryException => $"out of memory: {where}; use a smaller `BatchSize` or `Model`",
            _ => $"unexpected: {where}: {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}{(WriteDetails(e) ? $"; the details are in {System.IO.Path.Combine(shown, System.IO.Path.GetFileName(Details))}" : "")}",
        };
        return new RunException($"{what} ({(saved is null ? "no step was saved yet" : $"{saved} with `{nameof(RunOpening)}.{nameof(RunOpening.Resume)}` {shown}")})", e);
    }

    private bool WriteDetails(Exception e)
    {
        try
        {
            File.WriteAllText(Details, $"{e}\n");
            return true;
        }
        catch (Exception refusal) when (Disk.IsRefusal(refusal))
        {
            return false;
        }
    }

    /// <summary>Writes run.json.</summary>
    public void WriteOptions(JsonObject options) => AtomicFile.WriteText(Options, options.ToJsonString(Indented) + "\n");

    /// <summary>Reads run.json of a run that is resumed.</summary>
    /// <exception cref="InputException">It is missing or not JSON.</exception>
    public static JsonObject ReadOptions(string path)
    {
        string file = System.IO.Path.Combine(path, "run.json");
        try
        {
            return JsonNode.Parse(File.ReadAllText(file)) as JsonObject
                ?? throw new InputException($"not a run's options: {file}: no JSON object; give the directory of an earlier run");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            string above = System.IO.Path.GetDirectoryName(System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path))) ?? "";
            throw new InputException(File.Exists(System.IO.Path.Combine(above, "run.json"))
                ? $"this is no run directory: {path}: it lies in one; give {System.IO.Path.GetRelativePath(".", above)} (which goes on from its folder checkpoint: an earlier one that was kept is to be renamed to that)"
                : $"this is no run directory: {path}: it holds no run.json; give the directory of an earlier run", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new InputException($"cannot read a run's options: {file}: {e.Message.ReplaceLineEndings(" ")}; give the directory of an earlier run", e);
        }
    }

    /// <summary>Reads summary.json; null where it is not there, or is none: nothing depends on it.</summary>
    public static JsonObject? ReadSummary(string path)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(System.IO.Path.Combine(path, "summary.json"))) as JsonObject;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    // What a run left that failed at its start.
    private bool HoldsNoModel() => File.Exists(Options) && AtomicDirectory.Find(Checkpoint) is null && AtomicDirectory.Find(Best) is null && LastEarlierCheckpoint is null;

    // Makes the directory with an empty run.json, which one process alone can make.
    private bool Claim()
    {
        Directory.CreateDirectory(Path);
        try
        {
            new FileStream(Options, FileMode.CreateNew).Dispose();
            return true;
        }
        catch (IOException) when (File.Exists(Options))
        {
            return false;
        }
    }

    private IEnumerable<string> EarlierCheckpoints() =>
        Directory.EnumerateDirectories(Path, $"{System.IO.Path.GetFileName(Checkpoint)}-*").Where(folder => StepOf(folder) >= 0);

    private int StepOf(string folder) => int.TryParse(folder.AsSpan(Checkpoint.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int step) ? step : -1;

    private void DeleteRun()
    {
        if (!Directory.Exists(Path))
            return;
        foreach (string folder in (string[])[Checkpoint, Best, .. EarlierCheckpoints()])
            AtomicDirectory.Remove(folder);
        if (Directory.Exists(TensorBoard))
        {
            foreach (string events in Directory.EnumerateFiles(TensorBoard, "events.out.tfevents.*"))
                File.Delete(events);
        }
        foreach (string file in new[] { Metrics, Options, Summary, Report, Details })
            File.Delete(file);
    }
}
