using System.Diagnostics;
using System.Runtime.Intrinsics;
using BareBert.Kernels;

namespace BareBert.Bench;

/// <summary>How fast this machine moves memory, far beyond its caches: what a kernel that computes little is measured against.</summary>
/// <param name="Copy">GB/s of y = x, written past the caches: bytes read and bytes written.</param>
/// <param name="Update">GB/s of x = f(x): bytes read and bytes written.</param>
public sealed record Bandwidth(double Copy, double Update)
{
    // Each of the two arrays: several times the level 3 cache of most machines.
    private const nint Floats = 32 << 20;

    /// <summary>The better of both.</summary>
    public double Best => Math.Max(Copy, Update);

    /// <summary>Measures with all threads of the team: the best of a few runs.</summary>
    public static unsafe Bandwidth Measure(ThreadTeam team, int runs = 7)
    {
        using var memory = new HostMemory();
        using var arena = new Arena(memory);
        Tensor x = arena.Zeros(new Shape((int)Floats)), y = arena.Zeros(new Shape((int)Floats));
        double copy = 0, update = 0;
        for (int i = 0; i < runs; i++)
        {
            copy = Math.Max(copy, GigabytesPerSecond(team, new CopyJob(y.Floats(), x.Floats())));
            update = Math.Max(update, GigabytesPerSecond(team, new UpdateJob(x.Floats())));
        }
        return new Bandwidth(copy, update);
    }

    private static double GigabytesPerSecond<TJob>(ThreadTeam team, TJob job) where TJob : struct, ITeamJob
    {
        long start = Stopwatch.GetTimestamp();
        team.Run(job);
        return 2.0 * sizeof(float) * Floats / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9;
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
