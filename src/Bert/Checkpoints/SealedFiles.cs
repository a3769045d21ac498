namespace BareBert.Bert.Checkpoints;

/// <summary>Files of a checkpoint that are being compared with their hashes.</summary>
/// <param name="hashes">By file name.</param>
/// <param name="check">Fails where a file is not as it was saved.</param>
internal sealed class SealedFiles(IReadOnlyDictionary<string, string> hashes, Task check)
{
    /// <summary>Waits until all are compared.</summary>
    /// <returns>The hashes by file name.</returns>
    /// <exception cref="InputException">A file is not as it was saved.</exception>
    public IReadOnlyDictionary<string, string> Wait()
    {
        check.GetAwaiter().GetResult();
        return hashes;
    }
}
