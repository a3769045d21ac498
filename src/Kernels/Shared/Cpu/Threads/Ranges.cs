using System.Runtime.Intrinsics;

namespace BareBert.Kernels;

/// <summary>Work on a range of rows or elements, written once for all vector widths.</summary>
/// <remarks>Methods with the inner loops are compiled by themselves: <see cref="Jit.Alone"/>.</remarks>
public interface IRangeKernel
{
    /// <summary>Does the units [first, end).</summary>
    void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct;
}

/// <summary>A range kernel on a team: each thread takes one stretch of units.</summary>
/// <param name="kernel">The work.</param>
/// <param name="count">How many units there are.</param>
/// <param name="granule">Units that stay together: a cut lies at a multiple of it.</param>
internal readonly struct RangeJob<TKernel>(TKernel kernel, nint count, nint granule) : ITeamJob where TKernel : struct, IRangeKernel
{
    private readonly TKernel _kernel = kernel;
    private readonly nint _count = count;
    private readonly nint _granule = granule;

    public void Invoke(int part, int parts)
    {
        nint granules = (_count + _granule - 1) / _granule;
        nint first = granules * part / parts * _granule, end = Math.Min(_count, granules * (part + 1) / parts * _granule);
        if (first >= end)
            return;
        // Each thread works on a copy on its own stack: the job lies on the caller's, near lines that the caller keeps writing.
        TKernel kernel = _kernel;
        if (Vector512.IsHardwareAccelerated)
            kernel.Run<Simd512, Vector512<float>>(first, end);
        else if (Vector256.IsHardwareAccelerated)
            kernel.Run<Simd256, Vector256<float>>(first, end);
        else
            kernel.Run<Simd128, Vector128<float>>(first, end);
    }
}

public sealed unsafe partial class CpuKernels
{
    /// <summary>Elements of the widest vector: a cut there leaves every thread but the last without a partial vector.</summary>
    public const int ElementGranule = 16;

    // Below this much work, in elements read or written, waking the team costs more than it saves.
    private const long MinForkElements = 16_384;

    /// <summary>Does units of work on all threads, each a stretch of them; where they are few, on the caller's thread alone.</summary>
    /// <param name="count">How many units there are: rows, or elements.</param>
    /// <param name="granule">Units that stay together: a cut lies at a multiple of it.</param>
    /// <param name="elementsPerUnit">Elements that a unit reads or writes.</param>
    /// <param name="kernel">The work; its result must not depend on where the cuts lie.</param>
    public void ForRange<TKernel>(nint count, nint granule, long elementsPerUnit, TKernel kernel) where TKernel : struct, IRangeKernel
    {
        var job = new RangeJob<TKernel>(kernel, count, granule);
        if (_team.Count == 1 || count * elementsPerUnit < MinForkElements)
            job.Invoke(0, 1);
        else
            _team.Run(job);
    }
}
