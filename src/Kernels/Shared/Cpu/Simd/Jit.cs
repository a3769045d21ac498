using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

/// <summary>How methods with inner loops are compiled.</summary>
public static class Jit
{
    /// <summary>
    /// Compiled once, at full effort, and never into a caller. Inlined into frames that hold a team's whole job, a loop has more locals
    /// than the compiler tracks: each then lives in memory, and the loop takes six times as long from the moment that the caller is
    /// compiled anew.
    /// </summary>
    public const MethodImplOptions Alone = MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining;
}
