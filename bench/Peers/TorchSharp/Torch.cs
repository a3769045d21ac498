using System.Runtime.InteropServices;
using BareBert.Kernels;
using TorchSharp;

namespace BareBert.Bench;

/// <summary>libtorch under TorchSharp: what all of its rows share.</summary>
internal static class Torch
{
    // libtorch's own number of threads is one for the process.
    private static int threads;

    static Torch() => LibTorchSharp.MendForOlderLibstdcxx();

    /// <summary>Whether there are packages of libtorch for this kind of machine: x64, and Apple's own processors.</summary>
    public static bool IsHere { get; } = (OperatingSystem.IsMacOS(), RuntimeInformation.ProcessArchitecture) is (true, Architecture.Arm64) or (false, Architecture.X64);

    /// <summary>Sets how many threads operations take from now on: each row says it before it runs.</summary>
    public static void UseThreads(int count)
    {
        if (threads == count)
            return;
        threads = count;
        torch.set_num_threads(count);
    }

    /// <summary>A copy of values.</summary>
    public static torch.Tensor Copy(ReadOnlySpan<float> values, params ReadOnlySpan<long> shape) => torch.tensor(values.ToArray(), shape);

    /// <summary>A copy of a tensor on the host.</summary>
    public static torch.Tensor Copy(Tensor tensor, params ReadOnlySpan<long> shape) => Copy(tensor.ToArray<float>(), shape);

    /// <summary>A copy of indices, as libtorch wants them.</summary>
    public static torch.Tensor Copy(int[] values, params ReadOnlySpan<long> shape) => torch.tensor(Array.ConvertAll(values, value => (long)value), shape);

    /// <summary>Throws unless both hold the same, within <paramref name="tolerance"/> of 1 + |value|.</summary>
    public static void Check(string what, torch.Tensor theirs, ReadOnlySpan<float> ours, double tolerance = 1e-4)
    {
        using torch.Tensor flat = theirs.detach().contiguous();
        Peer.Check($"{what}, TorchSharp", MemoryMarshal.Cast<byte, float>(flat.bytes), ours, tolerance);
    }
}
