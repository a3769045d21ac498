namespace BareBert.Bert.Distributed;

/// <summary>
/// Processes that train one model together, each of them with the whole of it. A transport (MPI, sockets, a test's threads) brings
/// <see cref="Exchange"/>; whatever else processes do together is made of it, in <see cref="Collectives"/>.
/// </summary>
/// <remarks>All members of a group call the same things in the same order. One call at a time, from whichever thread.</remarks>
public interface IProcessGroup : IDisposable
{
    /// <summary>Which of them this one is, from 0.</summary>
    int Rank { get; }

    /// <summary>How many there are.</summary>
    int Size { get; }

    /// <summary>What carries their messages, for people: "Open MPI 4.1.4".</summary>
    string Name { get; }

    /// <summary>Bytes that this process has sent to others so far.</summary>
    long BytesSent { get; }

    /// <summary>
    /// Sends and receives, all at the same time; returns when everything is done. Between two processes messages are received in the order in
    /// which they were sent, whatever calls they belong to.
    /// </summary>
    /// <param name="sends">What goes to others.</param>
    /// <param name="receives">Where to put what comes: as long as what is sent.</param>
    /// <exception cref="RunException">Another process is gone.</exception>
    void Exchange(ReadOnlySpan<Transfer> sends, ReadOnlySpan<Transfer> receives);

    /// <summary>Ends all processes of the group at once, this one too: for a failure that the others cannot know of.</summary>
    /// <param name="exitCode">Of each, where the transport can say so.</param>
    void Abort(int exitCode);
}

/// <summary>A piece of memory that goes to another process or comes from there.</summary>
/// <param name="Peer">The other process.</param>
/// <param name="Address">Memory that does not move.</param>
/// <param name="Bytes">How much.</param>
public readonly record struct Transfer(int Peer, nint Address, long Bytes);
