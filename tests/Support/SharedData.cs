using Xunit;

namespace BareBert.Tests;

/// <summary>Finds the corpora that some tests read; they are never part of the project.</summary>
public static class SharedData
{
    /// <summary>
    /// The path of a file or folder in <c>shared/data</c> beside the repository (or in $BAREBERT_DATA); the calling
    /// test is skipped, with a message, where it is absent.
    /// </summary>
    public static string Require(params string[] parts)
    {
        string? root = Root();
        string path = root is null ? "" : Path.Combine([root, .. parts]);
        if (root is null || !(File.Exists(path) || Directory.Exists(path)))
            Assert.Skip($"needs shared/data/{string.Join('/', parts)} beside the repository, or BAREBERT_DATA naming such a folder");
        return path;
    }

    private static string? Root()
    {
        if (Environment.GetEnvironmentVariable("BAREBERT_DATA") is { Length: > 0 } given)
            return given;
        for (var dir = new DirectoryInfo(AppContext.BaseDirectory); dir is not null; dir = dir.Parent)
        {
            if (File.Exists(Path.Combine(dir.FullName, "BareBert.sln")))
                return FirstExisting(dir.Parent?.FullName, dir.Parent?.Parent?.FullName);
        }
        return null;
    }

    // A checkout may stand directly beside shared/ or one folder deeper.
    private static string? FirstExisting(params string?[] parents) => parents
        .Where(p => p is not null)
        .Select(p => Path.Combine(p!, "shared", "data"))
        .FirstOrDefault(Directory.Exists);
}
