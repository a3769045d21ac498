using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace BareBert.Bert.Distributed;

/// <summary>What the processes of a group do together, made of exchanges.</summary>
public static class Collectives
{
    /// <summary>Sends memory of one length to everybody and gets theirs.</summary>
    /// <param name="group">Its members all call this.</param>
    /// <param name="mine">What this process gives.</param>
    /// <param name="all">[size], process after process.</param>
    internal static unsafe void Gather<T>(this IProcessGroup group, ReadOnlySpan<T> mine, Span<T> all) where T : unmanaged
    {
        mine.CopyTo(all.Slice(group.Rank * mine.Length, mine.Length));
        if (group.Size == 1)
            return;
        var sends = new Transfer[group.Size - 1];
        var receives = new Transfer[group.Size - 1];
        long bytes = (long)mine.Length * sizeof(T);
        fixed (T* from = mine, to = all)
        {
            for (int i = 0; i < sends.Length; i++)
            {
                int peer = (group.Rank + 1 + i) % group.Size, source = (group.Rank - 1 - i + group.Size) % group.Size;
                sends[i] = new Transfer(peer, (nint)from, bytes);
                receives[i] = new Transfer(source, (nint)(to + source * mine.Length), bytes);
            }
            group.Exchange(sends, receives);
        }
    }

    /// <summary>Lists of any length, everybody's for everybody.</summary>
    internal static unsafe T[][] GatherLists<T>(this IProcessGroup group, T[] mine) where T : unmanaged
    {
        if (group.Size == 1)
            return [mine];
        var lengths = new int[group.Size];
        group.Gather<int>([mine.Length], lengths);
        T[][] all = [.. lengths.Select(length => GC.AllocateUninitializedArray<T>(length, pinned: true))];
        mine.CopyTo(all[group.Rank], 0);
        var sends = new List<Transfer>();
        var receives = new List<Transfer>();
        for (int peer = 0; peer < group.Size; peer++)
        {
            if (peer == group.Rank)
                continue;
            Add(sends, peer, all[group.Rank]);
            Add(receives, peer, all[peer]);
        }
        group.Exchange(CollectionsMarshal.AsSpan(sends), CollectionsMarshal.AsSpan(receives));
        return all;

        static void Add(List<Transfer> transfers, int peer, T[] values)
        {
            if (values.Length > 0)
                transfers.Add(new Transfer(peer, (nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(values)), (long)values.Length * sizeof(T)));
        }
    }

    /// <summary>Texts, everybody's for everybody.</summary>
    internal static string[] GatherTexts(this IProcessGroup group, string mine) =>
        [.. group.GatherLists(Encoding.UTF8.GetBytes(mine)).Select(Encoding.UTF8.GetString)];

    /// <summary>Sums of whole numbers, one of each process: of all, and of those before this one.</summary>
    internal static (long All, long Before) Sums(this IProcessGroup group, long mine)
    {
        if (group.Size == 1)
            return (mine, 0);
        var all = new long[group.Size];
        group.Gather([mine], all);
        return (all.Sum(), all.Take(group.Rank).Sum());
    }

    /// <summary>Process 0 does something that the others wait for: a failure there is one everywhere.</summary>
    /// <param name="group">Its members all call this.</param>
    /// <param name="action">What is done.</param>
    /// <returns>What it gave, as text, everywhere.</returns>
    /// <exception cref="InputException">Process 0 threw one.</exception>
    /// <exception cref="RunException">Process 0 failed otherwise.</exception>
    internal static string First(this IProcessGroup group, Func<string> action) => group.Turn(rank => rank == 0, action)[0];

    /// <summary>As the other one, of an action without a result.</summary>
    internal static void First(this IProcessGroup group, Action action)
    {
        if (group.Size == 1)
            action();
        else
        {
            group.First(() =>
            {
                action();
                return "";
            });
        }
    }

    /// <summary>Every process makes something of its own; where one cannot, all throw what the first of these did.</summary>
    public static T All<T>(this IProcessGroup group, Func<T> make)
    {
        T? made = default;
        try
        {
            group.Turn(_ => true, () =>
            {
                made = make();
                return "";
            });
            return made!;
        }
        catch
        {
            (made as IDisposable)?.Dispose();
            throw;
        }
    }

    /// <summary>Some processes do something that the others wait for; where one of them fails, all throw what the first of these did.</summary>
    /// <param name="group">Its members all call this.</param>
    /// <param name="whose">Which processes do it.</param>
    /// <param name="action">What is done.</param>
    /// <exception cref="InputException">One of them threw one, or <see cref="RunException"/>, or was cancelled.</exception>
    /// <returns>[size], what it gave, everywhere; empty where nothing was done.</returns>
    public static string[] Turn(this IProcessGroup group, Func<int, bool> whose, Func<string> action)
    {
        if (group.Size == 1)
            return [action()];
        string mine = "";
        Exception? failure = null;
        try
        {
            if (whose(group.Rank))
                mine = action();
        }
        catch (Exception e)
        {
            failure = e;
        }
        string[] all = group.GatherTexts(AgreedFailure.Write(mine, failure));
        AgreedFailure.Throw(group, all, failure);
        return [.. all.Select(text => text[1..])];
    }
}
