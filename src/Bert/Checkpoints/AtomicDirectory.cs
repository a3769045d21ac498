namespace BareBert.Bert.Checkpoints;

/// <summary>
/// Replaces a directory as a whole: whoever is killed, whenever, leaves the old content or the new, never half of either.
/// </summary>
/// <remarks>
/// <para>
/// No system call swaps two directories everywhere, so three names beside the target carry the state:
/// <c>X.partial</c> is never to be trusted, <c>X.new</c> is whole and newer than X, <c>X.old</c> is whole and older.
/// The directory is written as X.partial, flushed, renamed to X.new; then X becomes X.old, X.new becomes X, X.old goes.
/// </para>
/// <para>
/// So at every moment the newest whole one is X.new, else X, else X.old: <see cref="Find"/>. The next
/// <see cref="Replace"/> first brings the names back in order. One process at a time may write.
/// </para>
/// </remarks>
public static class AtomicDirectory
{
    /// <summary>Writes a directory beside the old one and puts it in its place.</summary>
    /// <param name="path">The directory to create or replace; its parent is created when missing.</param>
    /// <param name="fill">Writes the files into the directory it is given.</param>
    /// <param name="keepOldAs">Where the old directory stays, in place of what is there; null: it is deleted.</param>
    /// <param name="beforeStep">Called before everything that touches the file system; tests fail there.</param>
    /// <exception cref="RunException">A full disk, no permission: the old content is untouched and nothing is left lying about.</exception>
    /// <remarks>Any other exception of <paramref name="fill"/> passes through, with the same promise.</remarks>
    public static void Replace(string path, Action<string> fill, Action<AtomicStep>? beforeStep = null, string? keepOldAs = null)
    {
        using var replacement = new DirectoryReplacement(path, beforeStep);
        replacement.Fill(fill);
        replacement.Commit(keepOldAs);
    }

    /// <summary>The newest whole content of a directory that <see cref="Replace"/> writes; null when there is none.</summary>
    /// <remarks>Only looks: it is safe while another process writes, and needs no permission to write.</remarks>
    public static string? Find(string path)
    {
        DirectoryNames names = DirectoryNames.Of(path);
        return Directory.Exists(names.New) ? names.New
            : Directory.Exists(names.Target) ? names.Target
            : Directory.Exists(names.Old) ? names.Old
            : null;
    }

    /// <summary>Deletes a directory that <see cref="Replace"/> writes, under all its names.</summary>
    public static void Remove(string path)
    {
        DirectoryNames names = DirectoryNames.Of(path);
        foreach (string directory in new[] { names.Partial, names.New, names.Old, names.Target }.Where(Directory.Exists))
            Directory.Delete(directory, recursive: true);
    }

    /// <summary>Where a directory that <see cref="Replace"/> writes is written: nobody trusts what is there.</summary>
    internal static string PartialOf(string path) => DirectoryNames.Of(path).Partial;
}
