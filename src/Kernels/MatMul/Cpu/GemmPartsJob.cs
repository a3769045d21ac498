namespace BareBert.Kernels;

/// <summary>
/// A multiply with many terms to few elements, in parts of its terms: threads that have a part each pack operands of their own, where those that share one C pack
/// the same ones. The first part goes into C, of the others each into memory of its own; then these are added to C, in order.
/// </summary>
internal unsafe struct GemmPartsJob<TSimd, V> : IChainJob, ITileJob where TSimd : ISimd<V> where V : struct
{
    // Rows of C that are added at a time.
    private const int Stretch = 16;

    /// <summary>The first part.</summary>
    public GemmJob<TSimd, V, NoEpilogue> First;

    /// <summary>All of it.</summary>
    public GemmCall Whole;

    /// <summary>How many parts.</summary>
    public int Count;

    /// <summary>[parts − 1, M, N].</summary>
    public float* Sums;

    /// <summary>Tiles of work in adding the parts.</summary>
    public readonly int Stretches => (int)GemmPlan.Ceiling(Whole.M, Stretch);

    /// <summary>All of C on one thread.</summary>
    public readonly void InvokeAll(int worker)
    {
        for (int part = 0; part < Count; part++)
            Part(part).InvokeAll(worker);
        for (int stretch = 0; stretch < Stretches; stretch++)
            Invoke(stretch, worker);
    }

    /// <summary>A depth block of a block of one part.</summary>
    public readonly void Invoke(int chain, int link, int worker) => Part(chain / First.Plan.Blocks).Invoke(chain % First.Plan.Blocks, link, worker);

    /// <summary>Some rows of C += those of each further part.</summary>
    public readonly void Invoke(int tile, int worker)
    {
        for (nint row = (nint)tile * Stretch; row < Math.Min(Whole.M, (nint)(tile + 1) * Stretch); row++)
        {
            for (int part = 1; part < Count; part++)
                RowMath.Add<TSimd, V>(Whole.C + row * Whole.Ldc, Sums + ((part - 1) * Whole.M + row) * Whole.N, (int)Whole.N);
        }
    }

    private readonly GemmJob<TSimd, V, NoEpilogue> Part(int part)
    {
        if (part == 0)
            return First;
        GemmJob<TSimd, V, NoEpilogue> job = First;
        nint terms = First.Call.K;
        job.Call = Whole.Terms(part * terms, Math.Min(terms, Whole.K - part * terms)) with { C = Sums + (part - 1) * Whole.M * Whole.N, Ldc = Whole.N, Accumulate = false };
        return job;
    }
}
