using System.Runtime.InteropServices;

namespace BareBert.Kernels;

/// <summary>One link of one chain, in the hand of one thread.</summary>
/// <param name="Run">The run that its chain belongs to.</param>
/// <param name="Index">The chain's place in that run.</param>
/// <param name="Chain">The chain.</param>
/// <param name="Number">The link.</param>
internal readonly record struct Link(int Run, int Index, int Chain, int Number);

/// <summary>What there is to take.</summary>
internal enum Taken
{
    /// <summary>A link, which is to be given back when it is done.</summary>
    Link,

    /// <summary>Nothing now; when links that others have in hand are done, what follows them.</summary>
    Later,

    /// <summary>Nothing any more.</summary>
    Nothing,
}

/// <summary>
/// Deals the links of chains to threads. Each thread has a run of neighbouring chains, and takes from the last ones of others when its own are
/// done. Whoever has a link in hand has its chain: the next link is dealt when this one is given back, to whoever comes.
/// </summary>
internal sealed class ChainDeal
{
    // States of one run lie this far from those of another: no two threads write one line as long as each has chains of its own.
    private const int Apart = 32;

    private readonly Run[] _runs;

    // Of each chain twice the number of links done, and one more while the next is in hand.
    private int[] _states = [];
    private int _stride, _links, _group;
    private volatile bool _isCancelled;

    /// <param name="threads">How many threads there are, and runs.</param>
    public ChainDeal(int threads) => _runs = new Run[threads];

    /// <summary>Whether all links are done.</summary>
    public bool IsDone
    {
        get
        {
            for (int run = 0; run < _runs.Length; run++)
            {
                for (int i = 0; i < _runs[run].Count; i++)
                {
                    if (Volatile.Read(ref State(run, i)) != 2 * _links)
                        return false;
                }
            }
            return true;
        }
    }

    /// <summary>New chains; a run is done in groups of so many, each link by link.</summary>
    public void Begin(int chains, int links, int group)
    {
        (_links, _group, _isCancelled) = (links, group, false);
        _stride = (chains + _runs.Length - 1) / _runs.Length + Apart;
        if (_states.Length < _stride * _runs.Length)
            _states = new int[Math.Max(_stride * _runs.Length, 2 * _states.Length)];
        for (int run = 0; run < _runs.Length; run++)
        {
            int first = (int)((long)chains * run / _runs.Length), end = (int)((long)chains * (run + 1) / _runs.Length);
            _runs[run] = new Run { First = first, Count = end - first, Open = end - first };
            _states.AsSpan(run * _stride, end - first).Clear();
        }
    }

    /// <summary>Nothing more is dealt.</summary>
    public void Cancel() => _isCancelled = true;

    /// <summary>The next link of the thread's own run that nobody else took.</summary>
    public bool TakeOwn(int worker, out Link link)
    {
        ref Run run = ref _runs[worker];
        for (; run.Group < run.Count; run.Group += _group, run.Next = run.Group)
        {
            int end = Math.Min(run.Group + _group, run.Count);
            for (; run.Link < _links; run.Link++, run.Next = run.Group)
            {
                while (run.Next < end)
                {
                    link = new Link(worker, run.Next, run.First + run.Next, run.Link);
                    run.Next++;
                    if (TryTake(link))
                        return true;
                }
            }
            run.Link = 0;
        }
        link = default;
        return false;
    }

    /// <summary>A link of the last chain that nobody has in hand, of the others' runs, then of the thread's own.</summary>
    public Taken TakeAny(int worker, out Link link)
    {
        bool isLater = false;
        for (int i = 1; i <= _runs.Length; i++)
        {
            switch (TakeLast((worker + i) % _runs.Length, out link))
            {
                case Taken.Link:
                    return Taken.Link;
                case Taken.Later:
                    isLater = true;
                    break;
            }
        }
        link = default;
        return isLater && !_isCancelled ? Taken.Later : Taken.Nothing;
    }

    /// <summary>The link is done.</summary>
    public void Return(Link link) => Volatile.Write(ref State(link.Run, link.Index), 2 * (link.Number + 1));

    private Taken TakeLast(int number, out Link link)
    {
        ref Run run = ref _runs[number];
        bool isLater = false;
        for (int i = Volatile.Read(ref run.Open) - 1; i >= 0; i--)
        {
            int state = Volatile.Read(ref State(number, i));
            if (state == 2 * _links)
            {
                if (i == run.Open - 1)
                    Volatile.Write(ref run.Open, i);
                continue;
            }
            link = new Link(number, i, run.First + i, state / 2);
            if (state % 2 == 0 && TryTake(link))
                return Taken.Link;
            isLater |= state / 2 + 1 < _links;
        }
        link = default;
        return isLater ? Taken.Later : Taken.Nothing;
    }

    private bool TryTake(Link link) => !_isCancelled &&
        Interlocked.CompareExchange(ref State(link.Run, link.Index), 2 * link.Number + 1, 2 * link.Number) == 2 * link.Number;

    private ref int State(int run, int index) => ref _states[run * _stride + index];

    // A thread's run of chains, alone on its lines.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Run
    {
        [FieldOffset(128)] public int First;
        [FieldOffset(132)] public int Count;

        // Where its thread is: in the group that begins here, at this link, at this chain.
        [FieldOffset(136)] public int Group;
        [FieldOffset(140)] public int Link;
        [FieldOffset(144)] public int Next;

        // Chains from this one on are done.
        [FieldOffset(192)] public int Open;
    }
}
