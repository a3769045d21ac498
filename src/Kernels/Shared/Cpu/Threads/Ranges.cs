using System.Runtime.Intrinsics;

namespace BareBert.Kernels;

/// <summary>Work on a range of rows or elements, written once for all vector widths.</summary>
/// <remarks>Methods with the inner loops are compiled by themselves: <see cref="Jit.Alone"/>.</remarks>
public interface IRangeKernel
{
    /// <summary>Does the units [first, end).</summary>
    void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct;
}

/// <summary>A range kernel in tiles of neighbouring units.</summary>
/// <param name="kernel">The work.</param>
/// <param name="count">How many units there are.</param>
/// <param name="granule">Units that stay together: a cut lies at a multiple of it.</param>
/// <param name="tiles">How many tiles there are.</param>
internal readonly struct RangeJob<TKernel>(TKernel kernel, nint count, nint granule, int tiles) : ITileJob where TKernel : struct, IRangeKernel
{
    private readonly TKernel _kernel = kernel;
    private readonly nint _count = count;
    private readonly nint _granule = granule;
    private readonly int _tiles = tiles;

    public void Invoke(int tile, int worker)
    {
        nint granules = (_count + _granule - 1) / _granule;
        nint first = granules * tile / _tiles * _granule, end = Math.Min(_count, granules * (tile + 1) / _tiles * _granule);
        if (first >= end)
            return;
        // Each thread works on a copy on its own stack: the job lies on the caller's, near lines that the caller keeps writing.
        TKernel kernel = _kernel;
        if (VectorWidth.Is512)
            kernel.Run<Simd512, Vector512<float>>(first, end);
        else if (VectorWidth.Is256)
            kernel.Run<Simd256, Vector256<float>>(first, end);
        else
            kernel.Run<Simd128, Vector128<float>>(first, end);
    }
}

public sealed unsafe partial class CpuKernels
{
    /// <summary>Elements of the widest vector: a cut there leaves every thread but the last without a partial vector.</summary>
    public const int ElementGranule = 16;

    /// <summary>Columns that stay together where threads share the columns of long matrices: of each row a tile reads whole lines, side by side.</summary>
    public const int ColumnGranule = 64;

    // Below this much work, in elements read or written, waking the team costs more than it saves.
    private const long MinForkElements = 16_384;

    // Of larger ones a thread that lost its core for a while, or has a slow one, leaves a few tiles to the others.
    private const long TileElements = 65_536;
    private const int TilesPerThread = 8;

    /// <summary>Does units of work on all threads, in tiles that whoever is free takes; where they are few, on the caller's thread alone.</summary>
    /// <param name="count">How many units there are: rows, or elements.</param>
    /// <param name="granule">Units that stay together: a cut lies at a multiple of it.</param>
    /// <param name="elementsPerUnit">Elements that a unit reads or writes.</param>
    /// <param name="kernel">The work; its result must not depend on where the cuts lie.</param>
    public void ForRange<TKernel>(nint count, nint granule, long elementsPerUnit, TKernel kernel) where TKernel : struct, IRangeKernel
    {
        long elements = count * elementsPerUnit;
        long tiles = _team.Count == 1 || elements < MinForkElements ? 1 : Math.Clamp(elements / TileElements, _team.Count, TilesPerThread * _team.Count);
        tiles = Math.Min(tiles, Math.Max(1, GemmPlan.Ceiling(count, granule)));
        var job = new RangeJob<TKernel>(kernel, count, granule, (int)tiles);
        if (tiles == 1)
            job.Invoke(0, 0);
        else
            _team.RunTiles((int)tiles, job);
    }
}
