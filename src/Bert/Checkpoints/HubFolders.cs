using System.Text.RegularExpressions;

namespace BareBert.Bert.Checkpoints;

/// <summary>
/// Where repositories of the Hugging Face hub lie in the cache of its own library: <c>models--owner--name</c> for owner/name, with each
/// commit's files in <c>snapshots</c>, and <c>refs</c> that say which commit a branch was.
/// </summary>
/// <remarks>https://huggingface.co/docs/huggingface_hub/guides/manage-cache.</remarks>
public static partial class HubFolders
{
    /// <summary>The library's own folder: HF_HOME.</summary>
    public static string Home => Variable("HF_HOME")
        ?? Path.Combine(Variable("XDG_CACHE_HOME") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"), "huggingface");

    /// <summary>The folder of the cache: HF_HUB_CACHE, or "hub" in HF_HOME.</summary>
    public static string Cache => Variable("HF_HUB_CACHE") ?? Path.Combine(Home, "hub");

    /// <summary>The folder of a repository in a cache.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="kind">"models" or "datasets".</param>
    /// <param name="repository">"owner/name", or "name".</param>
    public static string Of(string cache, string kind, string repository) => Path.Combine(cache, $"{kind}--{repository.Replace("/", "--")}");

    /// <summary>The folder with the files of a revision; null where it is not there.</summary>
    /// <param name="repository">Its folder.</param>
    /// <param name="revision">A branch, a tag or a commit.</param>
    public static string? Find(string repository, string revision)
    {
        string named = Path.Combine(repository, "refs", revision);
        string commit = File.Exists(named) ? File.ReadAllText(named).Trim() : revision;
        string snapshot = Path.Combine(repository, "snapshots", commit);
        return IsCommit(commit) && Directory.Exists(snapshot) ? snapshot : null;
    }

    /// <summary>Which repository's files, of which commit, a folder holds; null where it is none of a cache.</summary>
    public static (string Repository, string Commit)? NameOf(string folder)
    {
        string[] parts = Path.GetFullPath(folder).Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries);
        return parts is [.., var repository, "snapshots", var commit] && repository.StartsWith("models--", StringComparison.Ordinal) && IsCommit(commit)
            ? (repository["models--".Length..].Replace("--", "/"), commit) : null;
    }

    /// <summary>Whether a text can be the name of a repository.</summary>
    public static bool IsName(string text) => Name().IsMatch(text) && !text.Contains("..", StringComparison.Ordinal) && text.Split('/').All(p => p[0] is not ('.' or '-'));

    /// <summary>Whether a text is a commit: 40 hexadecimal digits.</summary>
    public static bool IsCommit(string text) => text.Length == 40 && !text.AsSpan().ContainsAnyExcept("0123456789abcdef");

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    [GeneratedRegex("^[A-Za-z0-9._-]{1,96}(/[A-Za-z0-9._-]{1,96})?$")]
    private static partial Regex Name();
}
