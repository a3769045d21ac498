using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;

namespace BareBert.Bert.Distributed.Tcp;

/// <summary>Processes with a TCP connection between any two of them.</summary>
/// <remarks>Each message goes behind its length, so that a difference between what two processes do is noticed.</remarks>
internal sealed class TcpGroup : IProcessGroup
{
    private const int Header = sizeof(long);

    // A memory block counts in 32 bits; and what is no longer than this goes together with its length.
    private const int Longest = 1 << 30, Small = 1 << 14;

    private readonly Socket?[] _peers;
    private readonly string[] _hosts;
    private readonly Lock _turn = new();
    private long _bytesSent;

    /// <param name="rank">This process.</param>
    /// <param name="peers">[size], connected; owned from here on. Its own is null.</param>
    /// <param name="hosts">[size], the machines' names.</param>
    public TcpGroup(int rank, Socket?[] peers, string[] hosts)
    {
        (Rank, _peers, _hosts) = (rank, peers, hosts);
        foreach (Socket? peer in peers)
            peer?.NoDelay = true;
    }

    /// <inheritdoc/>
    public int Rank { get; }

    /// <inheritdoc/>
    public int Size => _peers.Length;

    /// <inheritdoc/>
    public string Name => "TCP";

    /// <inheritdoc/>
    public long BytesSent => Interlocked.Read(ref _bytesSent);

    /// <inheritdoc/>
    public void Exchange(ReadOnlySpan<Transfer> sends, ReadOnlySpan<Transfer> receives)
    {
        lock (_turn)
        {
            var work = new List<Task>();
            Begin(sends, Send, work);
            Begin(receives, Receive, work);
            Finish(work);
            foreach (Transfer send in sends)
                Interlocked.Add(ref _bytesSent, send.Bytes);
        }
    }

    /// <inheritdoc/>
    public void Abort(int exitCode) => Environment.Exit(exitCode);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Socket? peer in _peers)
            peer?.Dispose();
    }

    // All of one peer's are done one after another, those of different peers at the same time.
    private void Begin(ReadOnlySpan<Transfer> transfers, Func<Socket, Transfer, Task> move, List<Task> work)
    {
        foreach (IGrouping<int, Transfer> group in transfers.ToArray().Where(transfer => transfer.Bytes > 0).GroupBy(transfer => transfer.Peer))
            work.Add(Run(group.Key, [.. group]));

        async Task Run(int peer, Transfer[] own)
        {
            try
            {
                foreach (Transfer transfer in own)
                    await move(_peers[peer]!, transfer).ConfigureAwait(false);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                throw new RunException($"the connection to process {peer} on {_hosts[peer]} is broken: the process is gone, or its host is ({e.Message})", e);
            }
        }
    }

    // One that fails fails all: the rest would wait for who is gone.
    private void Finish(List<Task> work)
    {
        while (work.Count > 0)
        {
            Task done = Task.WhenAny(work).GetAwaiter().GetResult();
            work.Remove(done);
            if (done.IsCompletedSuccessfully)
                continue;
            Dispose(); // so that nothing is written to the memory any more
            Task.WhenAll(work).ContinueWith(all => _ = all.Exception, TaskScheduler.Default).GetAwaiter().GetResult();
            done.GetAwaiter().GetResult();
        }
    }

    private static async Task Send(Socket socket, Transfer transfer)
    {
        byte[] head = ArrayPool<byte>.Shared.Rent(Header + Small);
        try
        {
            BinaryPrimitives.WriteInt64LittleEndian(head, transfer.Bytes);
            int together = transfer.Bytes <= Small ? (int)transfer.Bytes : 0;
            new NativeBlock(transfer.Address, together).GetSpan().CopyTo(head.AsSpan(Header));
            await socket.SendAll(head.AsMemory(0, Header + together)).ConfigureAwait(false);
            for (long at = together; at < transfer.Bytes; at += Longest)
                await socket.SendAll(new NativeBlock(transfer, at).Memory).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(head);
        }
    }

    private static async Task Receive(Socket socket, Transfer transfer)
    {
        var head = new byte[Header];
        await socket.ReceiveAll(head).ConfigureAwait(false);
        long length = BinaryPrimitives.ReadInt64LittleEndian(head);
        if (length != transfer.Bytes)
            throw new RunException($"process {transfer.Peer} sent {length} bytes where {transfer.Bytes} were to come: the processes do not do the same; give all the same program, data and options");
        for (long at = 0; at < transfer.Bytes; at += Longest)
            await socket.ReceiveAll(new NativeBlock(transfer, at).Memory).ConfigureAwait(false);
    }

    /// <summary>Memory that does not move, as sockets take it: of a transfer as much as 32 bits count.</summary>
    private sealed unsafe class NativeBlock(nint address, int bytes) : MemoryManager<byte>
    {
        public NativeBlock(Transfer transfer, long from)
            : this((nint)(transfer.Address + from), (int)Math.Min(Longest, transfer.Bytes - from))
        {
        }

        public override Span<byte> GetSpan() => new((void*)address, bytes);

        public override MemoryHandle Pin(int elementIndex = 0) => new((void*)(address + elementIndex));

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
