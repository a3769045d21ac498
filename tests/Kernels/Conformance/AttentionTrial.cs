using BareBert.Kernels;

namespace BareBert.Tests;

/// <summary>One attention as a trial makes it, forward and backward.</summary>
/// <param name="Lengths">Tokens of each sequence.</param>
/// <param name="Queries">How many of each sequence ask; null: every token.</param>
internal sealed record AttentionTrial(int[] Lengths, int[]? Queries, int Heads, int HeadSize, DropoutMask Dropout, bool IsCausal = false)
{
    /// <summary>The most tokens or queries of a sequence.</summary>
    public int Longest => Math.Max(Lengths.Max(), (Queries ?? Lengths).Max());

    /// <summary>Where each sequence starts, and the end of the last.</summary>
    public static int[] Offsets(int[] lengths) => [0, .. lengths.Select((_, i) => lengths.Take(i + 1).Sum())];

    /// <summary>Both passes meet the reference.</summary>
    /// <param name="overwriteKeys">Whether dk and dv are overwritten, where they are a tensor of their own.</param>
    /// <param name="sums">Of log-sum-exp.</param>
    public void Check(Trial trial, bool overwriteQueries, bool overwriteKeys, Tolerance output, Tolerance sums, Tolerance gradient)
    {
        bool all = Queries is null;
        int[] offsets = Offsets(Lengths), queryOffsets = Offsets(Queries ?? Lengths);
        int asking = queryOffsets[^1], c = Heads * HeadSize;
        string what = $"of lengths {string.Join(' ', Lengths)}, {(all ? "all" : string.Join(' ', Queries!))} queries, {Heads} heads of {HeadSize}, dropout {Dropout.Rate}{(IsCausal ? ", causal" : "")}";
        Operand q = trial.Normal(new(asking, all ? 3 * c : c)), kv = all ? q : trial.Normal(new(offsets[^1], 2 * c));
        Operand at = trial.Ints(offsets), queriesAt = all ? default : trial.Ints(queryOffsets), y = trial.Output(new(asking, c)), lse = trial.Output(new(asking, Heads));
        trial.Run((k, t) => k.Run(new AttentionForward
        {
            Y = t(y), LogSumExp = t(lse), Queries = t(q), KeysValues = t(kv), Offsets = t(at), QueryOffsets = t(queriesAt), MaxLength = Longest, Heads = Heads,
            Dropout = Dropout, IsCausal = IsCausal,
        }));
        trial.Matches(y, output, $"y {what}");
        trial.Matches(lse, sums, $"logSumExp {what}");
        Operand dq = trial.Gradient(q.Shape, overwriteQueries), dkv = all ? dq : trial.Gradient(kv.Shape, overwriteKeys), dy = trial.Normal(new(asking, c));
        trial.Run((k, t) => k.Run(new AttentionBackward
        {
            DQueries = t(dq), OverwriteDQueries = overwriteQueries, DKeysValues = t(dkv), OverwriteDKeysValues = all ? overwriteQueries : overwriteKeys,
            DY = t(dy), Y = t(y), LogSumExp = t(lse), Queries = t(q), KeysValues = t(kv), Offsets = t(at), QueryOffsets = t(queriesAt), MaxLength = Longest, Heads = Heads,
            Dropout = Dropout, IsCausal = IsCausal,
        }));
        trial.Matches(dq, gradient, $"dq {what}");
        trial.Matches(dkv, gradient, $"dk and dv {what}");
    }
}
