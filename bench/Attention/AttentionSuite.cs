using BareBert.Kernels;
using BenchmarkDotNet.Attributes;

namespace BareBert.Bench;

/// <summary>Attention on one thread and on all, at the lengths that BERT is trained at.</summary>
public partial class AttentionSuite
{
    private AttentionOperands _one = null!, _all = null!;

    [ParamsSource(nameof(Sizes))]
    public required AttentionSize Size { get; set; }

    public static IEnumerable<AttentionSize> Sizes() =>
        from length in new[] { 32, 64, 128, 256, 512 }
        from backward in new[] { false, true }
        from dropout in new[] { 0, 0.1 }
        select new AttentionSize(4096, length, 4, 64, backward, dropout);

    [GlobalSetup]
    public void SetUp()
    {
        _one = new AttentionOperands(new CpuKernels(1), Size);
        _all = new AttentionOperands(new CpuKernels(), Size);
        SetUpPeers();
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        _one.Dispose();
        _all.Dispose();
        CleanUpPeers();
    }

    [Benchmark(Baseline = true, Description = "1 thread"), Library(LibraryAttribute.Ours, OneThread = true)]
    public void OneThread() => _one.Run();

    [Benchmark(Description = "all threads"), Library(LibraryAttribute.Ours)]
    public void AllThreads() => _all.Run();

    // Rows of -p:Peers=true.
    partial void SetUpPeers();

    partial void CleanUpPeers();
}

/// <summary>Attention in plain loops and in blocks, at a size that plain loops can be waited for.</summary>
public class AttentionReferenceSuite
{
    private AttentionOperands _reference = null!, _cpu = null!;

    [ParamsSource(nameof(Sizes))]
    public required AttentionSize Size { get; set; }

    public static IEnumerable<AttentionSize> Sizes() =>
        from backward in new[] { false, true }
        from dropout in new[] { 0, 0.1 }
        select new AttentionSize(128, 64, 2, 64, backward, dropout);

    [GlobalSetup]
    public void SetUp()
    {
        _reference = new AttentionOperands(new ReferenceKernels<float>(), Size);
        _cpu = new AttentionOperands(new CpuKernels(1), Size);
        double expected = _reference.CheckSum(), actual = _cpu.CheckSum();
        if (!(Math.Abs(expected - actual) <= 1e-4 * expected))
            throw new InvalidOperationException($"{Size}: the sum of magnitudes is {actual}, not {expected}");
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        _reference.Dispose();
        _cpu.Dispose();
    }

    [Benchmark(Baseline = true)]
    public void Reference() => _reference.Run();

    [Benchmark(Description = "CPU, 1 thread")]
    public void Cpu() => _cpu.Run();
}
