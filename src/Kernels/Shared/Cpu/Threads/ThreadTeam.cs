using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace BareBert.Kernels;

/// <summary>Work that a <see cref="ThreadTeam"/> does in tiles, each taken by whichever thread is free next.</summary>
public interface ITileJob
{
    /// <summary>Does one tile.</summary>
    /// <param name="tile">0 up to the number of tiles, each exactly once, in no order.</param>
    /// <param name="worker">Which thread of the team this is: the index of its scratch memory.</param>
    void Invoke(int tile, int worker);
}

/// <summary>
/// Work that a <see cref="ThreadTeam"/> does in chains: of one chain each link begins when the one before it has ended; chains need not
/// wait for each other.
/// </summary>
internal interface IChainJob
{
    /// <summary>Does one link.</summary>
    /// <param name="chain">0 up to the number of chains.</param>
    /// <param name="link">0 up to the number of links: each link of each chain exactly once.</param>
    /// <param name="worker">Which thread of the team this is: the index of its scratch memory. The links of a chain may be done by several.</param>
    void Invoke(int chain, int link, int worker);
}

/// <summary>
/// Threads that live as long as the team and do one job together at a time: fork, work, join. A call allocates
/// nothing and starts no thread; between jobs the workers spin for a moment, then sleep.
/// </summary>
/// <remarks>
/// <para>A job must give the same values however many threads share it: cut the output into fixed tiles, and reduce in a
/// fixed order. A job must not start another on the same team. Calls from several threads take turns.</para>
/// <para>Cores are shared with other processes, or not all as fast. A worker takes part in a job if it gets to run before all tiles
/// are taken; the caller waits for those only that have one in hand.</para>
/// </remarks>
public sealed unsafe class ThreadTeam : IDisposable
{
    // Long enough to bridge what lies between two kernels of a training step, data and optimizer included. A thread that
    // went to sleep costs more than its waking: a busy system may put it on the core of the thread that woke it, and
    // takes milliseconds to part them.
    private static readonly long WorkerSpinTicks = Microseconds(2000);

    // A worker that waits longer offers its core to others again and again: what it burns now it is not given when there is work.
    private static readonly long YieldTicks = Microseconds(250);

    // So long a worker takes tiles; then it leaves the round, offers its core and comes back. Where others want the core, it loses
    // it there rather than in the middle of a tile, for which all would wait.
    private static readonly long TurnTicks = Microseconds(500);

    // The last tile of another thread should end soon. If that thread has lost its core, it can have the caller's once this sleeps.
    private static readonly long CallerSpinTicks = Microseconds(500);

    // The state of a round: how many workers are inside; whether more may enter; which round it is.
    private const int Inside = 0xfff, Open = 0x1000, RoundStep = 0x2000;

    private const int SpinsPerLook = 64; // At the clock.

    [ThreadStatic] private static ThreadTeam? _working;

    private readonly Thread[] _workers;
    private readonly Exception?[] _errors;
    private readonly int[] _cores;
    private readonly ChainDeal _deal;
    private readonly Lock _turn = new();
    private readonly object _wake = new();
    private readonly object _done = new();
    private readonly bool _spins;

    // The job of the current round: a pointer to the caller's struct and the code that does a thread's share of it until a time;
    // false where there was more to do.
    private void* _job;
    private delegate*<void*, int, long, bool> _code;

    private PaddedCounter _state;
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
        _spins = Count <= Environment.ProcessorCount;
        _errors = new Exception?[Count];
        _cores = new int[Count];
        _deal = new ChainDeal(Count);
        _workers = new Thread[Count - 1];
        for (int i = 0; i < _workers.Length; i++)
        {
            int worker = i + 1;
            _workers[i] = new Thread(() => Work(worker)) { IsBackground = true, Name = $"BareBert {worker}" };
            _workers[i].Start();
        }
    }

    /// <summary>The most threads of a team: more than there are processors only wait, and a system that cannot give a thread ends the process.</summary>
    public static int MaxCount => Math.Clamp(Environment.ProcessorCount, 256, Inside);

    /// <summary>How many threads work at a time, the caller's included.</summary>
    public int Count { get; }

    /// <summary>Calls <c>job.Invoke(tile, worker)</c> once for each of <paramref name="tiles"/> tiles, and returns when all are done.</summary>
    /// <exception cref="ObjectDisposedException">The team was disposed.</exception>
    /// <exception cref="InvalidOperationException">This thread is inside a job of this team.</exception>
    /// <remarks>
    /// Each thread has a run of neighbouring tiles, which it does in order; one that has done its own takes from the runs
    /// of the others, so a slow core does fewer. After an exception no further tile is begun; where several tiles threw, the
    /// exception of the lowest worker is thrown here, after all have ended.
    /// </remarks>
    public void RunTiles<TJob>(int tiles, TJob job) where TJob : struct, ITileJob =>
        RunChains(tiles, links: 1, group: 1, new TileChains<TJob> { Job = job });

    /// <summary>The same for chains: each thread has a run of neighbouring chains, of which it does a group link by link: the first link of each, then the second of each.</summary>
    /// <remarks>What a link leaves in a thread's scratch memory can so serve the same link of the next chain.</remarks>
    internal void RunChains<TJob>(int chains, int links, int group, TJob job) where TJob : struct, IChainJob
    {
        if (_working == this)
            throw new InvalidOperationException("A job of a thread team cannot start another on the same team.");
        lock (_turn)
        {
            ObjectDisposedException.ThrowIf(_stop, this);
            _deal.Begin(chains, links, group);
            // The loop lives on this stack frame, so its address holds for the whole round.
            var loop = new ChainLoop<TJob> { Job = job, Deal = _deal, IdleTicks = _spins ? CallerSpinTicks : 0 };
            do
            {
                Begin(Unsafe.AsPointer(ref loop), &DoShare<TJob>, chains);
                RunShare(0, until: long.MaxValue);
                End();
                ThrowFirstError();
            }
            while (!_deal.IsDone); // A worker left, for its turn was over, what this thread no longer waited for.
        }
    }

    /// <summary>Ends the workers; waits until they have.</summary>
    public void Dispose()
    {
        lock (_turn)
        {
            if (_stop)
                return;
            _stop = true;
            Interlocked.Add(ref _state.Value, RoundStep);
            lock (_wake)
                Monitor.PulseAll(_wake);
        }
        foreach (Thread worker in _workers)
            worker.Join();
    }

    private struct TileChains<TJob> : IChainJob where TJob : struct, ITileJob
    {
        public TJob Job;

        public void Invoke(int chain, int link, int worker) => Job.Invoke(chain, worker);
    }

    private struct ChainLoop<TJob> where TJob : struct, IChainJob
    {
        public TJob Job;
        public ChainDeal Deal;
        public long IdleTicks;

        // Whether nothing was left to do when its time was up.
        public bool DoShare(int worker, long until)
        {
            try
            {
                while (Deal.TakeOwn(worker, out Link own))
                {
                    Do(own, worker);
                    if (Stopwatch.GetTimestamp() > until)
                        return false;
                }
                return Help(worker, until);
            }
            catch
            {
                Deal.Cancel();
                throw;
            }
        }

        // Takes from the runs of the others, and of its own what others took over and could not end.
        private bool Help(int worker, long until)
        {
            long idleSince = Stopwatch.GetTimestamp();
            while (true)
            {
                switch (Deal.TakeAny(worker, out Link link))
                {
                    case Taken.Nothing:
                        return true;
                    case Taken.Later when Stopwatch.GetTimestamp() - idleSince > IdleTicks:
                        return true;
                    case Taken.Later:
                        Thread.SpinWait(1);
                        break;
                    default:
                        Do(link, worker);
                        idleSince = Stopwatch.GetTimestamp();
                        if (idleSince > until)
                            return false;
                        break;
                }
            }
        }

        private void Do(Link link, int worker)
        {
            Job.Invoke(link.Chain, link.Number, worker);
            Deal.Return(link);
        }
    }

    private static bool DoShare<TJob>(void* loop, int worker, long until) where TJob : struct, IChainJob =>
        Unsafe.AsRef<ChainLoop<TJob>>(loop).DoShare(worker, until);

    private void Begin(void* job, delegate*<void*, int, long, bool> code, int tiles)
    {
        _job = job;
        _code = code;
        _cores[0] = Cores.Current;
        if (tiles < 2 || Count == 1)
            return;
        // A full fence: either this thread sees a worker asleep, or that worker sees the new round before it sleeps.
        Interlocked.Add(ref _state.Value, RoundStep + Open);
        int asleep = Volatile.Read(ref _asleep.Value);
        if (asleep == 0)
            return;
        lock (_wake)
        {
            for (int i = Math.Min(asleep, tiles - 1); i > 0; i--)
                Monitor.Pulse(_wake);
        }
    }

    // No worker enters any more, and those inside have left.
    private void End()
    {
        if ((Interlocked.And(ref _state.Value, ~Open) & Inside) == 0)
            return;
        long start = Stopwatch.GetTimestamp();
        do
        {
            for (int i = 0; i < SpinsPerLook; i++)
            {
                if ((Volatile.Read(ref _state.Value) & Inside) == 0)
                    return;
                Thread.SpinWait(1);
            }
        }
        while (_spins && Stopwatch.GetTimestamp() - start < CallerSpinTicks);
        lock (_done)
        {
            Interlocked.Exchange(ref _callerAsleep.Value, 1);
            while ((Volatile.Read(ref _state.Value) & Inside) != 0)
                Monitor.Wait(_done);
            _callerAsleep.Value = 0;
        }
    }

    private void Work(int worker)
    {
        Cores.AskForShortTurns();
        int done = 0;
        while (true)
        {
            int state = AwaitRound(done);
            if (_stop)
                return;
            if (Interlocked.CompareExchange(ref _state.Value, state + 1, state) != state)
                continue;
            TakeOwnCore(worker);
            bool isDone = RunShare(worker, until: Stopwatch.GetTimestamp() + TurnTicks);
            if ((Interlocked.Decrement(ref _state.Value) & (Open | Inside)) == 0 && Volatile.Read(ref _callerAsleep.Value) != 0)
            {
                lock (_done)
                    Monitor.PulseAll(_done);
            }
            if (isDone)
                done = RoundOf(state);
            else
                Thread.Yield();
        }
    }

    private static long Microseconds(long count) => Stopwatch.Frequency * count / 1_000_000;

    private static int RoundOf(int state) => state & ~(RoundStep - 1);

    // Waits for a round that this worker has not done and may enter; returns the state.
    private int AwaitRound(int done)
    {
        long start = Stopwatch.GetTimestamp(), waited;
        int state;
        do
        {
            for (int i = 0; i < SpinsPerLook; i++)
            {
                if (MayEnter(done, out state))
                    return state;
                Thread.SpinWait(1);
            }
            waited = Stopwatch.GetTimestamp() - start;
            if (waited > YieldTicks)
                Thread.Yield();
        }
        while (_spins && waited < WorkerSpinTicks);
        lock (_wake)
        {
            Interlocked.Increment(ref _asleep.Value);
            while (!MayEnter(done, out state))
                Monitor.Wait(_wake);
            Interlocked.Decrement(ref _asleep.Value);
            return state;
        }
    }

    private bool MayEnter(int done, out int state)
    {
        state = Volatile.Read(ref _state.Value);
        return (state & Open) != 0 && RoundOf(state) != done || _stop;
    }

    // Of two threads on one core the one with the higher number moves.
    private void TakeOwnCore(int worker)
    {
        int core = Cores.Current;
        if (core >= 0 && _spins && _cores.AsSpan(0, worker).Contains(core))
        {
            Cores.MoveAwayFrom(_cores);
            core = Cores.Current;
        }
        if (_cores[worker] != core)
            _cores[worker] = core;
    }

    private bool RunShare(int worker, long until)
    {
        ThreadTeam? outer = _working;
        _working = this;
        try
        {
            return _code(_job, worker, until);
        }
        catch (Exception error)
        {
            _errors[worker] = error;
            return true;
        }
        finally
        {
            _working = outer;
        }
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
