namespace BareBert.Simt;

/// <summary>What a launch did in the interpreter.</summary>
/// <param name="WarpInstructions">Instructions executed, each counted once for its warp.</param>
/// <param name="DivergentBranches">Branches that parted a warp's lanes.</param>
/// <param name="BankConflicts">Extra rounds of shared-memory accesses by PTX line, if they were counted.</param>
public sealed record LaunchStatistics(long WarpInstructions, long DivergentBranches, IReadOnlyDictionary<int, long> BankConflicts)
{
    internal static LaunchStatistics Of(GroupContext[] contexts) => new(
        contexts.Sum(context => context.WarpInstructions),
        contexts.Sum(context => context.DivergentBranches),
        contexts.SelectMany(context => context.Conflicts.ByLine).GroupBy(pair => pair.Key).ToDictionary(g => g.Key, g => g.Sum(pair => pair.Value)));
}
