using System.Globalization;
using BareBert.Kernels;

namespace BareBert.Bench;

/// <summary>What this machine can do at most, measured once in this process: what percentages are taken of.</summary>
/// <param name="Threads">Threads of the team.</param>
/// <param name="Peak1">GFLOP/s of float32 multiply-adds on one thread.</param>
/// <param name="Peak">GFLOP/s of float32 multiply-adds on all.</param>
/// <param name="Bandwidth1">GB/s of memory on one thread.</param>
/// <param name="Bandwidth">GB/s of memory on all.</param>
public sealed record Machine(int Threads, double Peak1, double Peak, Bandwidth Bandwidth1, Bandwidth Bandwidth)
{
    private static readonly Lazy<Machine> Measured = new(Measure);

    /// <summary>The limits; the first use measures them, for about a second.</summary>
    public static Machine Limits => Measured.Value;

    /// <summary><c>bench -- machine</c>: prints the limits.</summary>
    public static int Print()
    {
        (int threads, double peak1, double peak, Bandwidth memory1, Bandwidth memory) = Limits;
        CacheSizes caches = CacheSizes.OfThisMachine;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            vectors        {VectorWidth.Floats} floats
            caches         {caches.Level1 >> 10} KB, {caches.Level2 >> 10} KB, {caches.Level3 >> 10} KB
            FMA peak       {peak1:F1} GFLOP/s on 1 thread, {peak:F1} on {threads}
            memory, read   {memory1.Read:F1} GB/s on 1 thread, {memory.Read:F1} on {threads}
            memory, copy   {memory1.Copy:F1} GB/s on 1 thread, {memory.Copy:F1} on {threads}
            memory, update {memory1.Update:F1} GB/s on 1 thread, {memory.Update:F1} on {threads}
            """));
        return 0;
    }

    private static Machine Measure()
    {
        ProcessorLimits all = ProcessorLimits.Measure(), one = ProcessorLimits.Measure(1);
        return new Machine(all.Threads, one.PeakFlops / 1e9, all.PeakFlops / 1e9, one.Memory, all.Memory);
    }
}
