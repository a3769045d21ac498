using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace BareBert.Kernels;

/// <summary>Work that a <see cref="ThreadTeam"/> does in parts, one part a thread.</summary>
public interface ITeamJob
{
    /// <summary>Does part <paramref name="part"/> of <paramref name="parts"/>; called once for each, at the same time.</summary>
    void Invoke(int part, int parts);
}

/// <summary>Work that a <see cref="ThreadTeam"/> does in tiles, each taken by whichever thread is free next.</summary>
public interface ITileJob
{
    /// <summary>Does one tile.</summary>
    /// <param name="tile">0 up to the number of tiles, each exactly once, in no order.</param>
    /// <param name="worker">Which thread of the team this is: the index of its scratch memory.</param>
    void Invoke(int tile, int worker);
}

/// <summary>
/// Threads that live as long as the team and do one job together at a time: fork, work, join. A call allocates
/// nothing and starts no thread; between jobs the workers spin for a moment, then sleep.
/// </summary>
/// <remarks>
/// A job must give the same values however many threads share it: cut the output into fixed tiles, and reduce in a
/// fixed order. A job must not start another on the same team. Calls from several threads take turns.
/// </remarks>
public sealed unsafe class ThreadTeam : IDisposable
{
    // Long enough to bridge what lies between two kernels of a training step, data and optimizer included. A thread that
    // went to sleep costs more than its waking: a busy system may put it on the core of the thread that woke it, and
    // takes milliseconds to part them.
    private static readonly long SpinTicks = Stopwatch.Frequency / 500;

    [ThreadStatic] private static ThreadTeam? _working;

    private readonly Thread[] _workers;
    private readonly Exception?[] _errors;
    private readonly int[] _cores;
    private readonly PaddedCounter[] _taken; // Tiles begun of each thread's run.
    private readonly Lock _turn = new();
    private readonly object _wake = new();
    private readonly object _done = new();
    private readonly long _spinTicks;

    // The job of the current round: a pointer to the caller's struct and the code that runs one part of it.
    private void* _job;
    private delegate*<void*, int, int, void> _code;

    private PaddedCounter _round;
    private PaddedCounter _pending;
    private PaddedCounter _asleep;
    private PaddedCounter _callerAsleep;
    private volatile bool _stop;

    /// <param name="threads">How many threads work at a time, the caller's included; 0 for one per processor.</param>
    /// <exception cref="ArgumentOutOfRangeException">threads is negative, or above <see cref="MaxCount"/>.</exception>
    public ThreadTeam(int threads = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, MaxCount);
        Count = threads == 0 ? Environment.ProcessorCount : threads;
        // Spinning for a thread that has no processor of its own only keeps it from running.
        _spinTicks = Count <= Environment.ProcessorCount ? SpinTicks : 0;
        _errors = new Exception?[Count];
        _cores = new int[Count];
        _taken = new PaddedCounter[Count];
        _workers = new Thread[Count - 1];
        for (int i = 0; i < _workers.Length; i++)
        {
            int part = i + 1;
            _workers[i] = new Thread(() => Work(part)) { IsBackground = true, Name = $"BareBert {part}" };
            _workers[i].Start();
        }
    }

    /// <summary>The most threads of a team: more than there are processors only wait, and a system that cannot give a thread ends the process.</summary>
    public static int MaxCount => Math.Max(256, Environment.ProcessorCount);

    /// <summary>How many threads work at a time, the caller's included.</summary>
    public int Count { get; }

    /// <summary>Calls <c>job.Invoke(part, Count)</c> for every part, one on each thread, and returns when all are done.</summary>
    /// <exception cref="ObjectDisposedException">The team was disposed.</exception>
    /// <exception cref="InvalidOperationException">This thread is inside a job of this team.</exception>
    /// <remarks>Where parts throw, the exception of the lowest part is thrown here, after all have ended.</remarks>
    public void Run<TJob>(TJob job) where TJob : struct, ITeamJob
    {
        if (_working == this)
            throw new InvalidOperationException("A job of a thread team cannot start another on the same team.");
        lock (_turn)
        {
            ObjectDisposedException.ThrowIf(_stop, this);
            // The parameter lives on this stack frame, so its address holds for the whole round.
            Fork(Unsafe.AsPointer(ref job), &InvokePart<TJob>);
            RunPart(0);
            Join();
            ThrowFirstError();
        }
    }

    /// <summary>Calls <c>job.Invoke(tile, worker)</c> once for each of <paramref name="tiles"/> tiles, and returns when all are done.</summary>
    /// <exception cref="ObjectDisposedException">The team was disposed.</exception>
    /// <exception cref="InvalidOperationException">This thread is inside a job of this team.</exception>
    /// <remarks>
    /// Each thread has a run of neighbouring tiles, which it does in order; one that has done its own takes from the runs
    /// of the others, so a slow core does fewer. After an exception no further tile is begun.
    /// </remarks>
    public void RunTiles<TJob>(int tiles, TJob job) where TJob : struct, ITileJob =>
        Run(new TileLoop<TJob> { Job = job, Tiles = tiles, Team = this });

    /// <summary>Ends the workers; waits until they have.</summary>
    public void Dispose()
    {
        lock (_turn)
        {
            if (_stop)
                return;
            _stop = true;
            Interlocked.Increment(ref _round.Value);
            lock (_wake)
                Monitor.PulseAll(_wake);
        }
        foreach (Thread worker in _workers)
            worker.Join();
    }

    private struct TileLoop<TJob> : ITeamJob where TJob : struct, ITileJob
    {
        public TJob Job;
        public int Tiles;
        public ThreadTeam Team;

        public void Invoke(int part, int parts)
        {
            try
            {
                for (int i = 0; i < parts; i++)
                    DoRun((part + i) % parts, parts, part);
            }
            catch
            {
                foreach (ref PaddedCounter taken in Team._taken.AsSpan())
                    Volatile.Write(ref taken.Value, Tiles);
                throw;
            }
        }

        // What is left of a thread's run of tiles.
        private void DoRun(int run, int runs, int worker)
        {
            int first = (int)((long)Tiles * run / runs), end = (int)((long)Tiles * (run + 1) / runs);
            ref int taken = ref Team._taken[run].Value;
            int tile;
            while (Volatile.Read(ref taken) < end - first && (tile = first + Interlocked.Increment(ref taken) - 1) < end)
                Job.Invoke(tile, worker);
        }
    }

    private static void InvokePart<TJob>(void* job, int part, int parts) where TJob : struct, ITeamJob =>
        Unsafe.AsRef<TJob>(job).Invoke(part, parts);

    private void Fork(void* job, delegate*<void*, int, int, void> code)
    {
        _job = job;
        _code = code;
        _cores[0] = Cores.Current;
        foreach (ref PaddedCounter taken in _taken.AsSpan())
            taken.Value = 0;
        _pending.Value = _workers.Length;
        // A full fence: either this thread sees a worker asleep, or that worker sees the new round before it sleeps.
        Interlocked.Increment(ref _round.Value);
        if (Volatile.Read(ref _asleep.Value) > 0)
        {
            lock (_wake)
                Monitor.PulseAll(_wake);
        }
    }

    private void Work(int part)
    {
        int seen = 0;
        while (true)
        {
            AwaitRound(seen);
            if (_stop)
                return;
            seen++;
            TakeOwnCore(part);
            RunPart(part);
            if (Interlocked.Decrement(ref _pending.Value) == 0 && Volatile.Read(ref _callerAsleep.Value) != 0)
            {
                lock (_done)
                    Monitor.PulseAll(_done);
            }
        }
    }

    // Of two threads on one core the one with the higher part moves.
    private void TakeOwnCore(int part)
    {
        int core = Cores.Current;
        if (core >= 0 && _spinTicks > 0 && _cores.AsSpan(0, part).Contains(core))
        {
            Cores.MoveAwayFrom(_cores);
            core = Cores.Current;
        }
        if (_cores[part] != core)
            _cores[part] = core;
    }

    private void RunPart(int part)
    {
        ThreadTeam? outer = _working;
        _working = this;
        try
        {
            _code(_job, part, Count);
        }
        catch (Exception error)
        {
            _errors[part] = error;
        }
        finally
        {
            _working = outer;
        }
    }

    private void AwaitRound(int seen)
    {
        if (SpinWhile(ref _round.Value, seen))
            return;
        lock (_wake)
        {
            Interlocked.Increment(ref _asleep.Value);
            while (Volatile.Read(ref _round.Value) == seen)
                Monitor.Wait(_wake);
            Interlocked.Decrement(ref _asleep.Value);
        }
    }

    private void Join()
    {
        int pending;
        while ((pending = Volatile.Read(ref _pending.Value)) != 0)
        {
            if (!SpinWhile(ref _pending.Value, pending))
                break;
        }
        if (pending == 0)
            return;
        lock (_done)
        {
            Interlocked.Exchange(ref _callerAsleep.Value, 1);
            while (Volatile.Read(ref _pending.Value) != 0)
                Monitor.Wait(_done);
            _callerAsleep.Value = 0;
        }
    }

    // Waits a while for the counter to leave a value; false where it did not.
    private bool SpinWhile(ref int counter, int value)
    {
        long start = Stopwatch.GetTimestamp();
        do
        {
            for (int i = 0; i < 64; i++)
            {
                if (Volatile.Read(ref counter) != value)
                    return true;
                Thread.SpinWait(1);
            }
        }
        while (Stopwatch.GetTimestamp() - start < _spinTicks);
        return false;
    }

    private void ThrowFirstError()
    {
        Exception? first = null;
        for (int i = Count - 1; i >= 0; i--)
        {
            first = _errors[i] ?? first;
            _errors[i] = null;
        }
        if (first is not null)
            ExceptionDispatchInfo.Throw(first);
    }
}

/// <summary>A counter alone on its cache lines, so that threads that write others do not slow those that read it.</summary>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Explicit, Size = 256)]
internal struct PaddedCounter
{
    [System.Runtime.InteropServices.FieldOffset(128)] public int Value;
}
