using System.Runtime.InteropServices;

namespace BareBert.Bert.Distributed.Mpi;

/// <summary>Processes that MPI's launcher started: mpirun, mpiexec, srun.</summary>
internal sealed unsafe class MpiGroup : IProcessGroup
{
    // MPI counts in 32 bits.
    private const int Longest = 1 << 30;

    // How often to look, giving way to others, before sleeping between two looks: who waits long may share its processor with one that computes.
    private const int Eager = 1000;

    // How long a thread that waits for messages takes to make way for the one that ends all, at most.
    private static readonly TimeSpan TurnLimit = TimeSpan.FromSeconds(1);

    private readonly MpiLibrary _mpi;
    private readonly Lock _turn = new();
    private long _bytesSent;
    private bool _isFailed;
    private volatile bool _isAborted;

    /// <summary>Starts MPI.</summary>
    /// <exception cref="RunException">It cannot be started.</exception>
    public MpiGroup(MpiLibrary mpi)
    {
        _mpi = mpi;
        mpi.Initialise();
        (Rank, Size) = (mpi.Rank, mpi.Size);
    }

    /// <inheritdoc/>
    public int Rank { get; }

    /// <inheritdoc/>
    public int Size { get; }

    /// <inheritdoc/>
    public string Name => _mpi.Version;

    /// <inheritdoc/>
    public long BytesSent => Interlocked.Read(ref _bytesSent);

    /// <inheritdoc/>
    public void Exchange(ReadOnlySpan<Transfer> sends, ReadOnlySpan<Transfer> receives)
    {
        lock (_turn)
        {
            int count = Messages(sends) + Messages(receives);
            if (count == 0)
                return;
            // Not on the managed heap: MPI writes there between two calls.
            nint* requests = (nint*)NativeMemory.AllocZeroed((nuint)count, (nuint)sizeof(nint));
            try
            {
                int begun = 0;
                foreach (Transfer receive in receives)
                {
                    for (long at = 0; at < receive.Bytes; at += Longest)
                        _mpi.Receive((nint)(receive.Address + at), (int)Math.Min(Longest, receive.Bytes - at), receive.Peer, requests + begun++);
                }
                foreach (Transfer send in sends)
                {
                    for (long at = 0; at < send.Bytes; at += Longest)
                        _mpi.Send((nint)(send.Address + at), (int)Math.Min(Longest, send.Bytes - at), send.Peer, requests + begun++);
                    Interlocked.Add(ref _bytesSent, send.Bytes);
                }
                Wait(requests, count);
            }
            catch
            {
                _isFailed = true;
                throw;
            }
            finally
            {
                if (!_isFailed) // else something may still be written
                    NativeMemory.Free(requests);
            }
        }
    }

    /// <inheritdoc/>
    public void Abort(int exitCode)
    {
        _isAborted = true;
        bool hasTurn = _turn.TryEnter(TurnLimit); // else MPI does not come back to whoever has called it: nothing is worse than not to end
        try
        {
            _mpi.Abort(exitCode);
            Environment.Exit(exitCode);
        }
        finally
        {
            if (hasTurn)
                _turn.Exit();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_isFailed)
            _mpi.Finish();
    }

    private static int Messages(ReadOnlySpan<Transfer> transfers)
    {
        int count = 0;
        foreach (Transfer transfer in transfers)
            count += (int)((transfer.Bytes + Longest - 1) / Longest);
        return count;
    }

    private void Wait(nint* requests, int count)
    {
        int left = count, looks = 0;
        while (left > 0)
        {
            int before = left;
            for (int i = 0; i < left;)
            {
                if (_mpi.IsDone(requests + i))
                    requests[i] = requests[--left];
                else
                    i++;
            }
            if (left == 0)
                return;
            if (_isAborted)
                throw new RunException("the processes are being ended");
            looks = left < before ? 0 : looks + 1;
            if (looks < Eager)
                Thread.Yield();
            else
                Thread.Sleep(1);
        }
    }
}
