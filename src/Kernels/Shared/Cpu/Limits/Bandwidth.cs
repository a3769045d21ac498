using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace BareBert.Kernels;

/// <summary>How fast this machine moves memory, far beyond its caches: what a kernel that computes little is measured against.</summary>
/// <param name="Read">GB/s of Σ x: bytes read.</param>
/// <param name="Copy">GB/s of y = x, written past the caches: bytes read and bytes written.</param>
/// <param name="Update">GB/s of x = f(x): bytes read and bytes written.</param>
public sealed record Bandwidth(double Read, double Copy, double Update)
{
    /// <summary>The better of copying and updating.</summary>
    public double Best => Math.Max(Copy, Update);

    /// <summary>Measures once; see <see cref="BandwidthMeter"/>.</summary>
    public static Bandwidth Measure(ThreadTeam team)
    {
        using var meter = new BandwidthMeter(team);
        return meter.Measure();
    }

    /// <summary>Seconds that moving so many bytes takes at least: updates in place, what is written anew with as much read beside it, other reads.</summary>
    public double Seconds(Traffic traffic) =>
        (2 * traffic.Updated / Update + 2 * Math.Min(traffic.Written, traffic.Read) / Copy + Math.Max(0, traffic.Read - traffic.Written) / Read) / 1e9;
}

/// <summary>Measures <see cref="Bandwidth"/>, again and again: it changes with what else the machine does.</summary>
public sealed unsafe class BandwidthMeter : IDisposable
{
    // Each of the two arrays: several times the level 3 cache of most machines.
    private const int Floats = 32 << 20;

    private const int Tiles = 64;

    private readonly ThreadTeam _team;
    private readonly Arena _arena = new(new HostMemory());
    private readonly float* _x, _y;

    /// <param name="team">The threads that move memory together.</param>
    public BandwidthMeter(ThreadTeam team)
    {
        _team = team;
        _x = _arena.Zeros(new Shape(Floats)).Floats();
        _y = _arena.Zeros(new Shape(Floats)).Floats();
    }

    /// <summary>The best of a few runs.</summary>
    public Bandwidth Measure(int runs = 7)
    {
        double read = 0, copy = 0, update = 0;
        for (int i = 0; i < runs; i++)
        {
            read = Math.Max(read, GigabytesPerSecond(new ReadJob(_x), 1));
            copy = Math.Max(copy, GigabytesPerSecond(new CopyJob(_y, _x), 2));
            update = Math.Max(update, GigabytesPerSecond(new UpdateJob(_x), 2));
        }
        return new Bandwidth(read, copy, update);
    }

    /// <inheritdoc/>
    public void Dispose() => _arena.Dispose();

    private double GigabytesPerSecond<TJob>(TJob job, int streams) where TJob : struct, ITileJob
    {
        long start = Stopwatch.GetTimestamp();
        _team.RunTiles(Tiles, job);
        return (double)streams * sizeof(float) * Floats / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9;
    }

    private static float _sink;

    private readonly struct ReadJob(float* x) : ITileJob
    {
        private readonly float* _x = x;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Invoke(int tile, int worker)
        {
            float* x = _x;
            nint end = (nint)Floats / 32 * (tile + 1) / Tiles * 32;
            Vector256<float> a = default, b = default, c = default, d = default;
            for (nint i = (nint)Floats / 32 * tile / Tiles * 32; i < end; i += 32)
            {
                a += Vector256.Load(x + i);
                b += Vector256.Load(x + i + 8);
                c += Vector256.Load(x + i + 16);
                d += Vector256.Load(x + i + 24);
            }
            Volatile.Write(ref _sink, Vector256.Sum(a + b + (c + d)));
        }
    }

    private readonly struct CopyJob(float* y, float* x) : ITileJob
    {
        private readonly float* _y = y, _x = x;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Invoke(int tile, int worker)
        {
            float* y = _y, x = _x;
            nint end = (nint)Floats / 16 * (tile + 1) / Tiles * 16;
            if (VectorWidth.Is512)
            {
                for (nint i = (nint)Floats / 16 * tile / Tiles * 16; i < end; i += 16)
                    Vector512.StoreAlignedNonTemporal(Vector512.Load(x + i), y + i);
            }
            else
            {
                for (nint i = (nint)Floats / 16 * tile / Tiles * 16; i < end; i += 4)
                    Vector128.StoreAlignedNonTemporal(Vector128.Load(x + i), y + i);
            }
        }
    }

    private readonly struct UpdateJob(float* x) : ITileJob
    {
        private readonly float* _x = x;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Invoke(int tile, int worker)
        {
            float* x = _x;
            nint end = (nint)Floats / 16 * (tile + 1) / Tiles * 16;
            if (VectorWidth.Is512)
            {
                for (nint i = (nint)Floats / 16 * tile / Tiles * 16; i < end; i += 16)
                    Vector512.Store(Vector512.Load(x + i) + Vector512<float>.One, x + i);
            }
            else
            {
                for (nint i = (nint)Floats / 16 * tile / Tiles * 16; i < end; i += 4)
                    Vector128.Store(Vector128.Load(x + i) + Vector128<float>.One, x + i);
            }
        }
    }
}
