using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using BareBert.Bert.Distributed;
using Xunit;

namespace BareBert.Tests;

/// <summary>A group whose processes are threads of this one: for the many cases that need no processes of their own.</summary>
internal sealed unsafe class ThreadGroup : IProcessGroup
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly BlockingCollection<byte[]>[,] _mail; // [from, to]
    private readonly CancellationTokenSource _end;
    private long _bytesSent;

    private ThreadGroup(int rank, BlockingCollection<byte[]>[,] mail, CancellationTokenSource end) => (Rank, _mail, _end) = (rank, mail, end);

    public int Rank { get; }

    public int Size => _mail.GetLength(0);

    public string Name => "threads";

    public long BytesSent => _bytesSent;

    /// <summary>Runs something in every process; what the first of them throws that failed is thrown here, and ends the others.</summary>
    public static T[] Run<T>(int size, Func<IProcessGroup, T> process)
    {
        var mail = new BlockingCollection<byte[]>[size, size];
        for (int i = 0; i < size * size; i++)
            mail[i / size, i % size] = [];
        using var end = new CancellationTokenSource(Patience);
        var results = new T[size];
        var failures = new ConcurrentQueue<Exception>();
        Thread[] threads = [.. Enumerable.Range(0, size).Select(rank => new Thread(() =>
        {
            try
            {
                results[rank] = process(size == 1 ? OneProcess.Instance : new ThreadGroup(rank, mail, end));
            }
            catch (Exception e)
            {
                failures.Enqueue(e);
                end.Cancel();
            }
        }))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        if (failures.TryDequeue(out Exception? failure))
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        Assert.All(mail.Cast<BlockingCollection<byte[]>>(), box => Assert.Empty(box));
        return results;
    }

    public void Exchange(ReadOnlySpan<Transfer> sends, ReadOnlySpan<Transfer> receives)
    {
        foreach (Transfer send in sends)
        {
            Assert.NotEqual(Rank, send.Peer);
            _mail[Rank, send.Peer].Add(new ReadOnlySpan<byte>((void*)send.Address, checked((int)send.Bytes)).ToArray());
            _bytesSent += send.Bytes;
        }
        foreach (Transfer receive in receives)
        {
            byte[] message = _mail[receive.Peer, Rank].Take(_end.Token);
            Assert.Equal(receive.Bytes, message.Length);
            Marshal.Copy(message, 0, receive.Address, message.Length);
        }
    }

    public void Abort(int exitCode) => throw new InvalidOperationException($"aborted with {exitCode}");

    public void Dispose()
    {
    }
}
