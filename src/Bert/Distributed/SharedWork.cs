namespace BareBert.Bert.Distributed;

/// <summary>Work in pieces that do not depend on each other: each is done by one process, and all get all results, in the pieces' order.</summary>
internal static class SharedWork
{
    /// <summary>Does the work.</summary>
    /// <param name="group">Its members all call this.</param>
    /// <param name="pieces">How many there are.</param>
    /// <param name="compute">Does one; called with its number, for those that are this process's.</param>
    /// <param name="take">Takes a piece's number and result, for every piece in order.</param>
    /// <param name="cancel">Stops between two pieces; all stop where one is asked to.</param>
    /// <param name="watch">Is told how many pieces are done, as far as one process knows.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static void Run<T>(IProcessGroup group, int pieces, Func<int, T[]> compute, Action<int, T[]> take, CancellationToken cancel, Action<int> watch) where T : unmanaged
    {
        if (group.Size == 1)
        {
            for (int piece = 0; piece < pieces; piece++)
            {
                cancel.ThrowIfCancellationRequested();
                take(piece, compute(piece));
                watch(piece + 1);
            }
            return;
        }
        var results = new List<T[]>();
        Exception? failure = null;
        try
        {
            for (int piece = group.Rank; piece < pieces; piece += group.Size)
            {
                cancel.ThrowIfCancellationRequested();
                results.Add(compute(piece));
                watch(Math.Min(pieces - 1, piece - group.Rank + group.Size));
            }
        }
        catch (Exception e)
        {
            failure = e; // the others are waiting for the results
        }
        AgreedFailure.Throw(group, group.GatherTexts(AgreedFailure.Write("", failure)), failure);
        Deal(group, pieces, results, take);
        watch(pieces);
    }

    private static void Deal<T>(IProcessGroup group, int pieces, List<T[]> results, Action<int, T[]> take) where T : unmanaged
    {
        int[][] lengths = group.GatherLists(results.Select(r => r.Length).ToArray());
        T[][] all = group.GatherLists(results.SelectMany(r => r).ToArray());
        var at = new int[group.Size];
        for (int piece = 0; piece < pieces; piece++)
        {
            int owner = piece % group.Size, length = lengths[owner][piece / group.Size];
            take(piece, all[owner].AsSpan(at[owner], length).ToArray());
            at[owner] += length;
        }
    }
}
