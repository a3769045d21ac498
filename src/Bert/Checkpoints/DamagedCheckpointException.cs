namespace BareBert.Bert.Checkpoints;

/// <summary>Why a checkpoint is refused that is not as it was saved: stands within what the user is told.</summary>
/// <param name="directory">The checkpoint.</param>
internal sealed class DamagedCheckpointException(string directory) : Exception($"{directory} is not as it was saved")
{
    /// <summary>The checkpoint.</summary>
    public string Directory { get; } = directory;

    /// <summary>What the user is told.</summary>
    /// <param name="directory">The checkpoint.</param>
    /// <param name="message">What is wrong with it, and how to mend it.</param>
    public static InputException Refusal(string directory, string message) => new(message, new DamagedCheckpointException(directory));
}
