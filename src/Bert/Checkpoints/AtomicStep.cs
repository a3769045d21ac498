namespace BareBert.Bert.Checkpoints;

/// <summary>What <see cref="AtomicDirectory"/> is about to do to the file system.</summary>
public enum AtomicStep
{
    /// <summary>Finish or undo what a killed process left.</summary>
    Settle,
    /// <summary>Create the directory that is being written.</summary>
    Create,
    /// <summary>Write its files.</summary>
    Fill,
    /// <summary>Flush them to the disk.</summary>
    Flush,
    /// <summary>Rename it to the name that says it is whole.</summary>
    Seal,
    /// <summary>Rename the old directory away.</summary>
    MoveOldAway,
    /// <summary>Rename the new one to its final name.</summary>
    MoveNewIn,
    /// <summary>Flush the renames.</summary>
    FlushParent,
    /// <summary>Delete what is no longer needed.</summary>
    Delete,
    /// <summary>After a failure: put the old directory back.</summary>
    RollBack,
}
