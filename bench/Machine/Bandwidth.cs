using System.Diagnostics;
using System.Runtime.Intrinsics;
using BareBert.Kernels;

namespace BareBert.Bench;

/// <summary>How fast this machine moves memory, far beyond its caches: what a kernel that computes little is measured against.</summary>
/// <param name="Read">GB/s of Σ x: bytes read.</param>
/// <param name="Copy">GB/s of y = x, written past the caches: bytes read and bytes written.</param>
/// <param name="Update">GB/s of x = f(x): bytes read and bytes written.</param>
public sealed record Bandwidth(double Read, double Copy, double Update)
{
    // Each of the two arrays: several times the level 3 cache of most machines.
    private const nint Floats = 32 << 20;

    /// <summary>Seconds that moving so many bytes takes at least: updates in place, what is written anew with as much read beside it, other reads.</summary>
    public double Seconds(Traffic traffic) =>
        (2 * traffic.Updated / Update + 2 * Math.Min(traffic.Written, traffic.Read) / Copy + Math.Max(0, traffic.Read - traffic.Written) / Read) / 1e9;

    /// <summary>Measures with all threads of the team: the best of a few runs.</summary>
    public static unsafe Bandwidth Measure(ThreadTeam team, int runs = 7)
    {
        using var memory = new HostMemory();
        using var arena = new Arena(memory);
        Tensor x = arena.Zeros(new Shape((int)Floats)), y = arena.Zeros(new Shape((int)Floats));
        double read = 0, copy = 0, update = 0;
        for (int i = 0; i < runs; i++)
        {
            read = Math.Max(read, GigabytesPerSecond(team, new ReadJob(x.Floats()), 1));
            copy = Math.Max(copy, GigabytesPerSecond(team, new CopyJob(y.Floats(), x.Floats()), 2));
            update = Math.Max(update, GigabytesPerSecond(team, new UpdateJob(x.Floats()), 2));
        }
        return new Bandwidth(read, copy, update);
    }

    private static double GigabytesPerSecond<TJob>(ThreadTeam team, TJob job, int streams) where TJob : struct, ITeamJob
    {
        long start = Stopwatch.GetTimestamp();
        team.Run(job);
        return (double)streams * sizeof(float) * Floats / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9;
    }

    private static float _sink;

    private readonly unsafe struct ReadJob(float* x) : ITeamJob
    {
        private readonly float* _x = x;

        public void Invoke(int part, int parts)
        {
            float* x = _x;
            nint end = Floats / 32 * (part + 1) / parts * 32;
            Vector256<float> a = default, b = default, c = default, d = default;
            for (nint i = Floats / 32 * part / parts * 32; i < end; i += 32)
            {
                a += Vector256.Load(x + i);
                b += Vector256.Load(x + i + 8);
                c += Vector256.Load(x + i + 16);
                d += Vector256.Load(x + i + 24);
            }
            Volatile.Write(ref _sink, Vector256.Sum(a + b + (c + d)));
        }
    }

    private readonly unsafe struct CopyJob(float* y, float* x) : ITeamJob
    {
        private readonly float* _y = y, _x = x;

        public void Invoke(int part, int parts)
        {
            float* y = _y, x = _x;
            nint end = Floats / 16 * (part + 1) / parts * 16;
            if (Vector512.IsHardwareAccelerated)
            {
                for (nint i = Floats / 16 * part / parts * 16; i < end; i += 16)
                    Vector512.StoreAlignedNonTemporal(Vector512.Load(x + i), y + i);
            }
            else
            {
                for (nint i = Floats / 16 * part / parts * 16; i < end; i += 4)
                    Vector128.StoreAlignedNonTemporal(Vector128.Load(x + i), y + i);
            }
        }
    }

    private readonly unsafe struct UpdateJob(float* x) : ITeamJob
    {
        private readonly float* _x = x;

        public void Invoke(int part, int parts)
        {
            float* x = _x;
            nint end = Floats / 16 * (part + 1) / parts * 16;
            if (Vector512.IsHardwareAccelerated)
            {
                for (nint i = Floats / 16 * part / parts * 16; i < end; i += 16)
                    Vector512.Store(Vector512.Load(x + i) + Vector512<float>.One, x + i);
            }
            else
            {
                for (nint i = Floats / 16 * part / parts * 16; i < end; i += 4)
                    Vector128.Store(Vector128.Load(x + i) + Vector128<float>.One, x + i);
            }
        }
    }
}

/// <summary>What an operation must move at least, in bytes.</summary>
/// <param name="Read">Inputs.</param>
/// <param name="Written">Outputs that are overwritten.</param>
/// <param name="Updated">Outputs that are read and written in place, counted once.</param>
public readonly record struct Traffic(double Read, double Written, double Updated)
{
    /// <summary>Bytes that cross the bus.</summary>
    public double Bytes => Read + Written + 2 * Updated;
}
