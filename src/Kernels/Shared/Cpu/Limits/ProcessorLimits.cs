namespace BareBert.Kernels;

/// <summary>What this machine's processor can do at most: what the speed of the CPU kernels is a share of.</summary>
/// <param name="Threads">Threads that were measured together.</param>
/// <param name="PeakFlops">Flops a second of float32 multiply-adds in registers.</param>
/// <param name="Memory">How fast memory is moved, far beyond the caches.</param>
public sealed record ProcessorLimits(int Threads, double PeakFlops, Bandwidth Memory)
{
    /// <summary>Measures, for about half a second.</summary>
    /// <param name="threads">0: one per processor.</param>
    public static ProcessorLimits Measure(int threads = 0)
    {
        using var team = new ThreadTeam(threads);
        return new ProcessorLimits(team.Count, 1e9 * FmaPeak.Measure(team), Bandwidth.Measure(team));
    }
}
