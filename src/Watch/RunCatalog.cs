namespace BareBert.Watch;

/// <summary>The runs below a folder, or a run itself: found again at each look, so that new ones appear and deleted ones go.</summary>
/// <param name="root">The folder; it need not be there yet.</param>
public sealed class RunCatalog(string root)
{
    private const int Deepest = 4, Most = 1000;

    private readonly Dictionary<string, WatchedRun> _runs = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>All of them by name.</summary>
    public IReadOnlyList<WatchedRun> Runs
    {
        get
        {
            lock (_gate)
                return [.. _runs.Values.OrderBy(run => run.Id, StringComparer.Ordinal)];
        }
    }

    /// <summary>The run of that name; null where there is none.</summary>
    public WatchedRun? Find(string id)
    {
        lock (_gate)
            return _runs.GetValueOrDefault(id);
    }

    /// <summary>Looks at everything again.</summary>
    public void Refresh()
    {
        Dictionary<string, string> found = Folders();
        lock (_gate)
        {
            foreach (string gone in _runs.Keys.Where(id => !found.ContainsKey(id)).ToArray())
                _runs.Remove(gone);
            foreach ((string id, string folder) in found)
                _runs.TryAdd(id, new WatchedRun(id, folder));
        }
        foreach (WatchedRun run in Runs)
            run.Refresh();
    }

    private Dictionary<string, string> Folders()
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        if (WatchedRun.IsIn(root))
            found[Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(root)))] = root;
        else
            Search(root, 0, found);
        return found;
    }

    private void Search(string folder, int depth, Dictionary<string, string> found)
    {
        IEnumerable<string> children;
        try
        {
            children = Directory.Exists(folder) ? Directory.GetDirectories(folder).Order(StringComparer.Ordinal) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return; // gone meanwhile, or not ours to see
        }
        foreach (string child in children)
        {
            if (found.Count == Most)
                return;
            if (WatchedRun.IsIn(child))
                found[Path.GetRelativePath(root, child).Replace('\\', '/')] = child;
            else if (depth < Deepest && !new DirectoryInfo(child).Attributes.HasFlag(FileAttributes.ReparsePoint))
                Search(child, depth + 1, found);
        }
    }
}
