namespace BareBert.Bert.Checkpoints;

/// <summary>The names of a directory that is replaced as a whole, and of what lies beside it meanwhile: <see cref="AtomicDirectory"/>.</summary>
/// <param name="Target">Its own.</param>
internal sealed record DirectoryNames(string Target)
{
    public string Partial => Target + ".partial";
    public string New => Target + ".new";
    public string Old => Target + ".old";

    public static DirectoryNames Of(string path) => new(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
}

/// <summary>
/// A directory that is being written beside the one whose place it is to take, as <see cref="AtomicDirectory"/> tells. What fails, or is disposed of
/// before <see cref="Commit"/>, leaves the old content and nothing else.
/// </summary>
internal sealed class DirectoryReplacement : IDisposable
{
    private readonly DirectoryNames _names;
    private readonly Action<AtomicStep> _step;
    private bool _isOver;

    /// <summary>Brings the names in order, and makes the directory to write into.</summary>
    /// <param name="path">The directory to create or replace; its parent is created when missing.</param>
    /// <param name="beforeStep">Called before everything that touches the file system; tests fail there.</param>
    /// <exception cref="RunException">A full disk, no permission.</exception>
    public DirectoryReplacement(string path, Action<AtomicStep>? beforeStep = null)
    {
        (_names, _step) = (DirectoryNames.Of(path), beforeStep ?? (_ => { }));
        Do(() =>
        {
            Settle();
            _step(AtomicStep.Create);
            Directory.CreateDirectory(_names.Partial);
        });
    }

    /// <summary>Writes the files.</summary>
    /// <param name="write">Is given the directory to write into.</param>
    /// <exception cref="RunException">As at the beginning; any other exception passes through.</exception>
    public void Fill(Action<string> write) => Do(() =>
    {
        _step(AtomicStep.Fill);
        write(_names.Partial);
    });

    /// <summary>Puts the directory in its place.</summary>
    /// <param name="keepOldAs">Where the old directory stays, in place of what is there; null: it is deleted.</param>
    /// <exception cref="RunException">As at the beginning.</exception>
    public void Commit(string? keepOldAs = null)
    {
        Do(() =>
        {
            Seal();
            Swap();
        });
        _isOver = true;
        // The new one is in place; an old one that cannot be deleted now is deleted by the next Settle.
        IgnoringRefusals(() =>
        {
            if (keepOldAs is not null && Directory.Exists(_names.Old))
            {
                Discard(keepOldAs);
                Directory.Move(_names.Old, keepOldAs);
            }
            Discard(_names.Old);
        });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isOver)
            return;
        _isOver = true;
        RollBack();
    }

    private void Do(Action action)
    {
        try
        {
            Disk.Write(_names.Target, action);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private void Seal()
    {
        _step(AtomicStep.Flush);
        Disk.FlushTree(_names.Partial);
        _step(AtomicStep.Seal);
        Directory.Move(_names.Partial, _names.New);
        FlushParent();
    }

    private void Swap()
    {
        if (Directory.Exists(_names.Target))
        {
            _step(AtomicStep.MoveOldAway);
            Directory.Move(_names.Target, _names.Old);
        }
        _step(AtomicStep.MoveNewIn);
        Directory.Move(_names.New, _names.Target);
        FlushParent();
    }

    // Brings the names in order after a process was killed.
    private void Settle()
    {
        _step(AtomicStep.Settle);
        Delete(_names.Partial);
        if (Directory.Exists(_names.New))
        {
            if (Directory.Exists(_names.Target))
                Discard(_names.Old);
            Swap();
        }
        else if (!Directory.Exists(_names.Target) && Directory.Exists(_names.Old))
        {
            _step(AtomicStep.RollBack);
            Directory.Move(_names.Old, _names.Target);
        }
        Discard(_names.Old);
    }

    // After a failure: the old content under its name, and nothing else.
    private void RollBack() => IgnoringRefusals(() =>
    {
        Delete(_names.Partial);
        if (!Directory.Exists(_names.Target) && Directory.Exists(_names.Old))
        {
            _step(AtomicStep.RollBack);
            Directory.Move(_names.Old, _names.Target);
        }
        Discard(_names.New);
        if (Directory.Exists(_names.Target))
            Discard(_names.Old);
    });

    // Deletes a whole directory: under the name that is not to be trusted, as deleting takes many steps.
    private void Discard(string directory)
    {
        if (!Directory.Exists(directory))
            return;
        Delete(_names.Partial);
        _step(AtomicStep.Delete);
        Directory.Move(directory, _names.Partial);
        Delete(_names.Partial);
    }

    private void Delete(string directory)
    {
        if (!Directory.Exists(directory))
            return;
        _step(AtomicStep.Delete);
        Directory.Delete(directory, recursive: true);
    }

    private void FlushParent()
    {
        _step(AtomicStep.FlushParent);
        Disk.FlushDirectory(Path.GetDirectoryName(_names.Target)!);
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
