namespace BareBert.Simt;

/// <summary>
/// Uploads that do not wait: bytes are put aside in the next piece of a ring of host memory that the device reads by itself, in its own time.
/// A piece is used again when the copy out of it is done; only a host that is a whole round ahead of the device waits.
/// </summary>
/// <remarks>So a step's token ids reach a device that still works on the step before, whose kernels then follow one another without a gap.</remarks>
internal abstract class StagingRing(int pieces, int pieceBytes)
{
    private readonly bool[] underWay = new bool[pieces];
    private int next;

    /// <summary>Bytes of the whole ring.</summary>
    public int Capacity => pieces * pieceBytes;

    /// <summary>Queues the copy of <paramref name="source"/>, which may change as soon as this returns.</summary>
    public void Upload(ReadOnlySpan<byte> source, ulong target)
    {
        while (source.Length > 0)
        {
            int piece = next, bytes = Math.Min(source.Length, pieceBytes);
            next = (next + 1) % pieces;
            if (underWay[piece])
                Wait(piece);
            source[..bytes].CopyTo(Memory(piece));
            Send(piece, bytes, target);
            underWay[piece] = true;
            source = source[bytes..];
            target += (ulong)bytes;
        }
    }

    /// <summary>The piece's host memory.</summary>
    protected abstract Span<byte> Memory(int piece);

    /// <summary>Queues a copy of the piece's first bytes to the device.</summary>
    protected abstract void Send(int piece, int bytes, ulong target);

    /// <summary>Waits for the latest <see cref="Send"/> of the piece.</summary>
    protected abstract void Wait(int piece);
}

/// <summary>A staging ring of pinned memory, with an event behind each copy.</summary>
internal sealed class CudaStaging : StagingRing, IDisposable
{
    private const int Pieces = 32, PieceBytes = 64 << 10;

    private readonly CudaDevice device;
    private readonly PinnedBuffer[] memory;
    private readonly CudaEvent?[] sent = new CudaEvent?[Pieces];

    public CudaStaging(CudaDevice device) : base(Pieces, PieceBytes)
    {
        this.device = device;
        memory = [.. Enumerable.Range(0, Pieces).Select(_ => new PinnedBuffer(device, PieceBytes))];
    }

    protected override Span<byte> Memory(int piece) => memory[piece].Span;

    protected override void Send(int piece, int bytes, ulong target)
    {
        device.Upload(memory[piece], bytes, target);
        if (sent[piece] is { } again)
            again.Record();
        else
            sent[piece] = device.Mark();
    }

    protected override void Wait(int piece) => sent[piece]!.Wait();

    public void Dispose()
    {
        foreach (CudaEvent? moment in sent)
            moment?.Dispose();
        foreach (PinnedBuffer buffer in memory)
            buffer.Dispose();
    }
}
