namespace BareBert.Simt;

/// <summary>What the interpreter looks after. Out-of-range and misaligned accesses, reads of uninitialised shared or local memory and
/// divergent barriers are always reported.</summary>
public sealed record EmulatorOptions
{
    /// <summary>Report shared-memory accesses of different threads, one of them a write, without a barrier between them.</summary>
    public bool CheckRaces { get; init; } = true;

    /// <summary>Count shared-memory bank conflicts, by PTX line.</summary>
    public bool CountBankConflicts { get; init; }

    /// <summary>Threads that run groups; 0: one a processor. Kernels with global atomics always run on one, so that sums come
    /// out the same each time.</summary>
    public int Threads { get; init; }

    /// <summary>Instructions a warp may execute between two barriers before it counts as hanging.</summary>
    public long MaxInstructions { get; init; } = 1L << 32;
}
