using BareBert.Cli.Display;

namespace BareBert.Cli.Sweeps;

/// <summary>Runs a sweep, each run in a folder of its own; what is done already is left alone, what was begun goes on.</summary>
/// <param name="sweep">The sweep.</param>
/// <param name="invoke">Runs a command line.</param>
internal sealed class SweepRunner(SweepPlan sweep, Func<string[], int> invoke)
{
    private SweepPlan _plan = sweep;
    private bool _hasRun; // one has been trained: what all have in common is right

    /// <summary>Runs what is left of it, and compares.</summary>
    /// <param name="isJson">Print the comparison as one JSON object, and nothing else on stdout.</param>
    /// <param name="isQuiet">No progress.</param>
    public int Run(bool isJson, bool isQuiet)
    {
        string[] shown = isQuiet ? ["--quiet"] : [];
        using var directory = new WorkingDirectory(_plan.WorkingDirectory);
        int number = 0;
        foreach (SweepRun run in _plan.Runs)
        {
            string title = $"run {++number} of {_plan.Runs.Count}: {string.Join(", ", run.Values.Select(v => $"{v.Key} {v.Value}"))}";
            bool isNew = _plan.IsReplaced(run);
            if (!isNew && SweepComparison.IsDone(_plan.FolderOf(run)))
            {
                Notes.Print($"{title}: done already");
                continue;
            }
            Notes.Print(title);
            int code = Do([.. !isNew && Begun(run) ? [_plan.Arguments[0], "--resume", _plan.FolderOf(run)] : _plan.ArgumentsOf(run), .. shown], isJson);
            if (isNew && !_plan.IsReplaced(run))
                (_plan = _plan.Replaces(run)).Write();
            if (code != ExitCodes.Interrupted)
                continue;
            Notes.Print($"the sweep was interrupted; go on with: barebert {_plan.Arguments[0]} --resume {_plan.Root}");
            return ExitCodes.Interrupted;
        }
        SweepComparison comparison = SweepComparison.Read(_plan.Root, _plan.Runs);
        comparison.Write();
        if (isJson)
            JsonOutput.Print(comparison.ToJson());
        else
            Print(comparison);
        return comparison.Missing.Count == 0 ? ExitCodes.Success : ExitCodes.Failure;
    }

    // Where paths of the command line are, from wherever the sweep is resumed; one that is gone may have been moved with all that was in it.
    private sealed class WorkingDirectory : IDisposable
    {
        private readonly string _before = Environment.CurrentDirectory;

        public WorkingDirectory(string directory)
        {
            if (directory == _before || !Directory.Exists(directory))
                return;
            Notes.Print($"paths are taken from {directory}, where the sweep was begun");
            Environment.CurrentDirectory = directory;
        }

        public void Dispose() => Environment.CurrentDirectory = _before;
    }

    private bool Begun(SweepRun run) => AtomicDirectory.Find(Path.Combine(_plan.FolderOf(run), "checkpoint")) is not null && File.Exists(Path.Combine(_plan.FolderOf(run), "run.json"));

    // A run that fails, as one with too high a rate may, is no reason to leave the others out; nor is input that is wrong for it alone.
    private int Do(string[] args, bool isJson)
    {
        TextWriter stdout = Console.Out;
        try
        {
            if (isJson)
                Console.SetOut(TextWriter.Null);
            int code = invoke(args);
            _hasRun |= code == ExitCodes.Success;
            return code;
        }
        catch (Exception e) when (e is RunException || (_hasRun && e is InputException))
        {
            Notes.Print($"failed: {SettingNames.WithFlags(e.Message)}");
            return ExitCodes.Failure;
        }
        finally
        {
            Console.SetOut(stdout);
        }
    }

    private void Print(SweepComparison comparison)
    {
        foreach (ReportTable table in comparison.Tables())
            Plain.Write(Plain.Console(), table);
        foreach (SweepRun run in comparison.Missing)
            Console.WriteLine($"not done: {run.Name}");
        Console.WriteLine($"the runs side by side are in {Path.Combine(_plan.Root, "report.html")}");
    }
}
