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
    private sealed record Names(string Target)
    {
        public string Partial => Target + ".partial";
        public string New => Target + ".new";
        public string Old => Target + ".old";
    }

    /// <summary>Writes a directory beside the old one and puts it in its place.</summary>
    /// <param name="path">The directory to create or replace; its parent is created when missing.</param>
    /// <param name="fill">Writes the files into the directory it is given.</param>
    /// <param name="keepOldAs">Where the old directory stays, in place of what is there; null: it is deleted.</param>
    /// <param name="beforeStep">Called before everything that touches the file system; tests fail there.</param>
    /// <exception cref="RunException">A full disk, no permission: the old content is untouched and nothing is left lying about.</exception>
    /// <remarks>Any other exception of <paramref name="fill"/> passes through, with the same promise.</remarks>
    public static void Replace(string path, Action<string> fill, Action<AtomicStep>? beforeStep = null, string? keepOldAs = null)
    {
        Names names = NamesOf(path);
        Action<AtomicStep> step = beforeStep ?? (_ => { });
        try
        {
            Settle(names, step);
            Write(names, fill, step);
            Swap(names, step);
        }
        catch (Exception e)
        {
            RollBack(names, step);
            if (Disk.IsRefusal(e))
                throw Disk.CannotWrite(names.Target, e);
            throw;
        }
        // The new one is in place; an old one that cannot be deleted now is deleted by the next Settle.
        IgnoringRefusals(() =>
        {
            if (keepOldAs is not null && Directory.Exists(names.Old))
            {
                Discard(keepOldAs, names, step);
                Directory.Move(names.Old, keepOldAs);
            }
            Discard(names.Old, names, step);
        });
    }

    /// <summary>The newest whole content of a directory that <see cref="Replace"/> writes; null when there is none.</summary>
    /// <remarks>Only looks: it is safe while another process writes, and needs no permission to write.</remarks>
    public static string? Find(string path)
    {
        Names names = NamesOf(path);
        return Directory.Exists(names.New) ? names.New
            : Directory.Exists(names.Target) ? names.Target
            : Directory.Exists(names.Old) ? names.Old
            : null;
    }

    /// <summary>Deletes a directory that <see cref="Replace"/> writes, under all its names.</summary>
    public static void Remove(string path)
    {
        Names names = NamesOf(path);
        foreach (string directory in new[] { names.Partial, names.New, names.Old, names.Target })
            Delete(directory, _ => { });
    }

    private static Names NamesOf(string path) => new(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));

    private static void Write(Names names, Action<string> fill, Action<AtomicStep> step)
    {
        step(AtomicStep.Create);
        Directory.CreateDirectory(names.Partial);
        step(AtomicStep.Fill);
        fill(names.Partial);
        step(AtomicStep.Flush);
        Disk.FlushTree(names.Partial);
        step(AtomicStep.Seal);
        Directory.Move(names.Partial, names.New);
        FlushParent(names, step);
    }

    private static void Swap(Names names, Action<AtomicStep> step)
    {
        if (Directory.Exists(names.Target))
        {
            step(AtomicStep.MoveOldAway);
            Directory.Move(names.Target, names.Old);
        }
        step(AtomicStep.MoveNewIn);
        Directory.Move(names.New, names.Target);
        FlushParent(names, step);
    }

    /// <summary>Brings the names in order after a process was killed.</summary>
    private static void Settle(Names names, Action<AtomicStep> step)
    {
        step(AtomicStep.Settle);
        Delete(names.Partial, step);
        if (Directory.Exists(names.New))
        {
            if (Directory.Exists(names.Target))
                Discard(names.Old, names, step);
            Swap(names, step);
        }
        else if (!Directory.Exists(names.Target) && Directory.Exists(names.Old))
        {
            step(AtomicStep.RollBack);
            Directory.Move(names.Old, names.Target);
        }
        Discard(names.Old, names, step);
    }

    /// <summary>After a failure: the old content under its name, and nothing else.</summary>
    private static void RollBack(Names names, Action<AtomicStep> step) => IgnoringRefusals(() =>
    {
        Delete(names.Partial, step);
        if (!Directory.Exists(names.Target) && Directory.Exists(names.Old))
        {
            step(AtomicStep.RollBack);
            Directory.Move(names.Old, names.Target);
        }
        Discard(names.New, names, step);
        if (Directory.Exists(names.Target))
            Discard(names.Old, names, step);
    });

    /// <summary>Deletes a whole directory: under the name that is not to be trusted, as deleting takes many steps.</summary>
    private static void Discard(string directory, Names names, Action<AtomicStep> step)
    {
        if (!Directory.Exists(directory))
            return;
        Delete(names.Partial, step);
        step(AtomicStep.Delete);
        Directory.Move(directory, names.Partial);
        Delete(names.Partial, step);
    }

    private static void Delete(string directory, Action<AtomicStep> step)
    {
        if (!Directory.Exists(directory))
            return;
        step(AtomicStep.Delete);
        Directory.Delete(directory, recursive: true);
    }

    private static void FlushParent(Names names, Action<AtomicStep> step)
    {
        step(AtomicStep.FlushParent);
        Disk.FlushDirectory(Path.GetDirectoryName(names.Target)!);
    }

    private static void IgnoringRefusals(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (Disk.IsRefusal(e))
        {
            // What could not be tidied now is in one of the states that Find and Settle know.
        }
    }
}
