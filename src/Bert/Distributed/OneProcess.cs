namespace BareBert.Bert.Distributed;

/// <summary>The group of a process that works alone: there is nobody to send to.</summary>
public sealed class OneProcess : IProcessGroup
{
    private OneProcess()
    {
    }

    /// <summary>The only one.</summary>
    public static IProcessGroup Instance { get; } = new OneProcess();

    /// <inheritdoc/>
    public int Rank => 0;

    /// <inheritdoc/>
    public int Size => 1;

    /// <inheritdoc/>
    public string Name => "one process";

    /// <inheritdoc/>
    public long BytesSent => 0;

    /// <inheritdoc/>
    public void Exchange(ReadOnlySpan<Transfer> sends, ReadOnlySpan<Transfer> receives)
    {
        if (sends.Length + receives.Length > 0)
            throw new ArgumentException("a process that works alone has nobody to exchange with");
    }

    /// <inheritdoc/>
    public void Abort(int exitCode) => Environment.Exit(exitCode);

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
