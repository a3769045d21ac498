namespace BareBert.Bert.Checkpoints;

/// <summary>Paths as users give them, and as they are shown to them.</summary>
internal static class UserPaths
{
    /// <summary>A path that another working directory does not change; what is no path but a name stays as it is.</summary>
    public static string Absolute(string path) => Path.Exists(path) ? Path.GetFullPath(path) : path;

    /// <summary>A path as it is read most easily: from the working directory where it lies in there.</summary>
    public static string Shown(string path)
    {
        string relative = Path.GetRelativePath(".", path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }

    /// <summary>The last part of a path: what is worth telling others.</summary>
    public static string Name(string path) => Path.GetFileName(Path.TrimEndingDirectorySeparator(path));

    /// <summary>Whether two paths lead to one place, links followed. Nothing has to be there.</summary>
    /// <exception cref="InputException">Links lead round in circles.</exception>
    public static bool AreSame(string one, string other) => Real(one).Equals(Real(other), Comparison);

    /// <summary>Whether a path leads to a folder, or to something in it, links followed.</summary>
    /// <exception cref="InputException">Links lead round in circles.</exception>
    public static bool IsWithin(string path, string folder)
    {
        string inner = Real(path), outer = Path.TrimEndingDirectorySeparator(Real(folder));
        return inner.Equals(outer, Comparison) || inner.StartsWith(outer + Path.DirectorySeparatorChar, Comparison);
    }

    /// <summary>Where a path leads, every link on the way followed from where it lies, as the system follows it. Nothing has to be there.</summary>
    /// <exception cref="InputException">Links lead round in circles.</exception>
    public static string Real(string path)
    {
        int links = 0;
        return Follow(Path.GetFullPath(path), path, ref links);
    }

    // As many as Linux follows.
    private const int MostLinks = 40;

    private static StringComparison Comparison => OperatingSystem.IsWindows() || OperatingSystem.IsMacOS() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;

    private static string Follow(string full, string given, ref int links)
    {
        if (Path.GetDirectoryName(full) is not { } parent)
            return full;
        string here = Path.Combine(Follow(parent, given, ref links), Path.GetFileName(full));
        if (new FileInfo(here).LinkTarget is not { } target)
            return here;
        return ++links <= MostLinks ? Follow(Path.GetFullPath(target, Path.GetDirectoryName(here)!), given, ref links)
            : throw new InputException($"links that lead round in circles: {given}; give another path");
    }
}
