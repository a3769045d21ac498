using System.Runtime.CompilerServices;

namespace BareBert.Tests;

/// <summary>The project's own sources, for rules about them.</summary>
internal static class Sources
{
    private static readonly string Root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Here())!, "..", ".."));

    /// <summary>A file or folder of the project.</summary>
    public static string At(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>All C# files below a folder.</summary>
    public static IEnumerable<string> Of(params string[] parts) => Directory.EnumerateFiles(At(parts), "*.cs", SearchOption.AllDirectories)
        .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
            && !file.Contains($"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    private static string Here([CallerFilePath] string path = "") => path;
}
