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
    public static bool AreSame(string one, string other) => Real(Path.GetFullPath(one)) == Real(Path.GetFullPath(other));

    /// <summary>Whether a path leads to a folder, or to something in it, links followed.</summary>
    public static bool IsWithin(string path, string folder) =>
        (Real(Path.GetFullPath(path)) + Path.DirectorySeparatorChar).StartsWith(Real(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>Where a path leads if a link is there; else the path.</summary>
    /// <exception cref="IOException">Links that lead round in circles.</exception>
    public static string Followed(string path) => new FileInfo(path) is { LinkTarget: not null } link ? link.ResolveLinkTarget(returnFinalTarget: true)!.FullName : path;

    private static string Real(string path)
    {
        string followed = Followed(path);
        return Path.GetDirectoryName(followed) is { } parent ? Path.Combine(Real(parent), Path.GetFileName(followed)) : followed;
    }
}
