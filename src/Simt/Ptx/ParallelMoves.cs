namespace BareBert.Simt;

/// <summary>Puts moves that happen at once into an order in which no source is overwritten before it is read.</summary>
internal static class ParallelMoves
{
    /// <param name="moves">Each target at most once.</param>
    /// <param name="newRegister">Gives a fresh register, to break a cycle such as a swap.</param>
    public static IEnumerable<(Register Target, Scalar Source)> InOrder(
        IEnumerable<(Register Target, Scalar Source)> moves, Func<PtxType, Register> newRegister)
    {
        List<(Register Target, Scalar Source)> pending = [.. moves.Where(move => !move.Target.Equals(move.Source))];
        while (pending.Count > 0)
        {
            int free = pending.FindIndex(move => !pending.Any(other => move.Target.Equals(other.Source)));
            if (free >= 0)
            {
                yield return pending[free];
                pending.RemoveAt(free);
                continue;
            }
            // Every target is still somebody's source: save one, so that it may be overwritten.
            Register saved = newRegister(pending[0].Target.Type);
            Register overwritten = pending[0].Target;
            yield return (saved, overwritten);
            for (int i = 0; i < pending.Count; i++)
                if (overwritten.Equals(pending[i].Source))
                    pending[i] = (pending[i].Target, saved);
        }
    }
}
