using System.Diagnostics;

namespace BareBert.Simt;

/// <summary>What elements NCCL is to add.</summary>
public enum NcclType
{
    /// <summary>float32.</summary>
    Float32 = 7,

    /// <summary>float64.</summary>
    Float64 = 8,

    /// <summary>bfloat16, since NCCL 2.10.</summary>
    BFloat16 = 9,
}

/// <summary>GPUs of several processes, one each, that add up what they hold. Sums run beside the device's own work, in the order in which they are asked for.</summary>
/// <remarks>NCCL's order of additions depends on the number of processes and on how their GPUs are connected: with both the same, so are the bits.</remarks>
public sealed unsafe class NcclCommunicator : IDisposable
{
    private const int OperationSum = 0;

    // How often to look, giving way to others, before sleeping between two looks; and between two looks for a failure.
    private const int Eager = 1000;
    private static readonly TimeSpan BetweenChecks = TimeSpan.FromMilliseconds(100);

    private readonly NcclLibrary _library;
    private readonly ISideStream _stream;
    private nint _communicator;
    private bool _isSumming;

    /// <summary>Joins the others: returns when all have come.</summary>
    /// <param name="library">NCCL.</param>
    /// <param name="device">The process's GPU.</param>
    /// <param name="id">The same for all, see <see cref="NcclLibrary.NewId"/>.</param>
    /// <param name="rank">This process, from 0.</param>
    /// <param name="size">How many there are.</param>
    /// <exception cref="RunException">NCCL cannot.</exception>
    public NcclCommunicator(NcclLibrary library, ISimtDevice device, ReadOnlySpan<byte> id, int rank, int size)
    {
        (_library, Rank, Size) = (library, rank, size);
        _stream = device.OpenSideStream();
        NcclLibrary.UniqueId copy = default;
        id[..NcclLibrary.IdBytes].CopyTo(new Span<byte>(copy.Bytes, NcclLibrary.IdBytes));
        nint made = 0;
        try
        {
            library.Check(library.CommInitRank(&made, size, copy, rank), $"joining {size} processes as number {rank}", 0);
        }
        catch
        {
            _stream.Dispose();
            throw;
        }
        _communicator = made;
    }

    /// <summary>This process.</summary>
    public int Rank { get; }

    /// <summary>How many there are.</summary>
    public int Size { get; }

    /// <summary>Begins to add up what all processes hold at a place, once the device has done what it was asked for so far: the sum is there in all of them. Returns at once.</summary>
    /// <param name="address">Device memory.</param>
    /// <param name="count">Elements, as many in all processes.</param>
    /// <param name="type">What they are.</param>
    /// <exception cref="RunException">NCCL cannot.</exception>
    public void Sum(ulong address, long count, NcclType type)
    {
        ObjectDisposedException.ThrowIf(_communicator == 0, this);
        _stream.Fork();
        _isSumming = true;
        _library.Check(_library.AllReduce(address, address, (nuint)count, (int)type, OperationSum, _communicator, _stream.Handle), $"summing {count} elements", _communicator);
    }

    /// <summary>Waits until all sums are done.</summary>
    /// <exception cref="RunException">One cannot be: another process is gone. The communicator is of no use any more.</exception>
    public void Wait()
    {
        ObjectDisposedException.ThrowIf(_communicator == 0, this);
        try
        {
            WaitForStream();
            RequireHealth();
            _isSumming = false;
        }
        catch
        {
            Abort();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isSumming)
            Abort();
        else if (_communicator != 0)
            _library.CommDestroy(_communicator);
        _communicator = 0;
        _stream.Dispose();
    }

    private void WaitForStream()
    {
        long checkedAt = Stopwatch.GetTimestamp();
        for (int looks = 0; !_stream.IsDone; looks++)
        {
            if (Stopwatch.GetElapsedTime(checkedAt) >= BetweenChecks)
            {
                RequireHealth();
                checkedAt = Stopwatch.GetTimestamp();
            }
            if (looks < Eager)
                Thread.Yield();
            else
                Thread.Sleep(1);
        }
    }

    private void RequireHealth()
    {
        int error = 0;
        int asked = _library.CommGetAsyncError(_communicator, &error);
        _library.Check(asked != NcclLibrary.Success ? asked : error, "waiting for sums", _communicator);
    }

    // What is stuck on the device, since another process does not come, ends by this and not before.
    private void Abort()
    {
        if (_communicator != 0)
            _library.CommAbort(_communicator);
        (_communicator, _isSumming) = (0, false);
    }
}
