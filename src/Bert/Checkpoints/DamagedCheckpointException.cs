namespace BareBert.Bert.Checkpoints;

/// <summary>A checkpoint that is not as it was saved.</summary>
/// <param name="directory">The checkpoint.</param>
/// <param name="message">What is wrong with it, and how to mend it.</param>
internal sealed class DamagedCheckpointException(string directory, string message) : InputException(message)
{
    /// <summary>The checkpoint.</summary>
    public string Directory { get; } = directory;
}
