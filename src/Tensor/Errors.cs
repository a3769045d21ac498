namespace BareBert;

/// <summary>
/// Something the user gave is wrong (a file, a flag, a value). The message is one line,
/// "what went wrong: where; how to mend it"; the command line prints it and exits with 2.
/// </summary>
public sealed class InputException : Exception
{
    /// <param name="message">One line: what went wrong, where, how to mend it.</param>
    public InputException(string message) : base(message) { }

    /// <param name="message">One line: what went wrong, where, how to mend it.</param>
    /// <param name="inner">What the message was made from; shown with <c>--verbose</c>.</param>
    public InputException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>
/// Work that was well asked for failed while running (a full disk, a loss that is not a number).
/// The message is one line; the command line prints it and exits with 1.
/// </summary>
public sealed class RunException : Exception
{
    /// <param name="message">One line: what went wrong, where, how to mend it.</param>
    public RunException(string message) : base(message) { }

    /// <param name="message">One line: what went wrong, where, how to mend it.</param>
    /// <param name="inner">What the message was made from; shown with <c>--verbose</c>.</param>
    public RunException(string message, Exception inner) : base(message, inner) { }
}
