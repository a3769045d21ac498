using System.Text.Json.Nodes;
using BareBert.Kernels;
using BareBert.Simt;

namespace BareBert.Cli;

/// <summary>A device that a command line can name, or a kind of which there is none.</summary>
/// <param name="Name">As --device takes it.</param>
/// <param name="Description">What it is.</param>
/// <param name="Obstacle">Why it cannot be used, and what would help; null where it can.</param>
/// <param name="Precisions">What it can round the operands of multiplies to.</param>
/// <param name="Facts">The description, for programs.</param>
internal sealed record DeviceEntry(string Name, string Description, string? Obstacle, IReadOnlyList<Precision> Precisions, JsonObject Facts)
{
    private static readonly Precision[] OnlyFloat = [Precision.Fp32], All = Enum.GetValues<Precision>();

    /// <summary>Whether a self-test says something about it: Reference is what the others are held against.</summary>
    public bool IsTested => Obstacle is null && Name != "reference";

    /// <summary>All of this machine's.</summary>
    /// <param name="threads">Of the CPU kernels; 0: one per processor.</param>
    public static IReadOnlyList<DeviceEntry> Survey(int threads)
    {
        IReadOnlyList<CudaDeviceInfo> gpus = CudaDeviceInfo.All(out string reason);
        return
        [
            OfProcessor(Processor.OfThisMachine, CacheSizes.OfThisMachine, threads),
            .. gpus.Count == 0 ? [new DeviceEntry("cuda", "NVIDIA GPU", reason, All, [])] : gpus.Select(Of),
            new DeviceEntry("emulated", "the GPU's kernels, interpreted on the CPU with every access checked: for tests", null, All, []),
            new DeviceEntry("reference", "plain loops, what the others are checked against: for tests", null, OnlyFloat, []),
        ];
    }

    /// <summary>A GPU as the driver describes it.</summary>
    public static DeviceEntry Of(CudaDeviceInfo gpu) => new(
        $"cuda:{gpu.Ordinal}",
        $"{gpu.Name}, compute capability {gpu.Capability}, {gpu.Memory / 1e9:F1} GB of memory, {gpu.Multiprocessors} multiprocessors, driver for CUDA {gpu.DriverVersion}",
        gpu.Obstacle, All, new JsonObject
        {
            ["model"] = gpu.Name,
            ["compute_capability"] = gpu.Capability.ToString(),
            ["memory_bytes"] = gpu.Memory,
            ["multiprocessors"] = gpu.Multiprocessors,
            ["driver_cuda"] = gpu.DriverVersion.ToString(),
        });

    private static DeviceEntry OfProcessor(Processor processor, CacheSizes caches, int threads)
    {
        int used = threads == 0 ? processor.Threads : threads;
        return new DeviceEntry(
            "cpu",
            $"{processor.Name}, {processor.Cores} cores, {processor.VectorName} ({processor.VectorFloats} floats a vector; 8 bits by {Int8Weight.Instruction}), "
            + $"caches {caches.Level1 >> 10} KB, {caches.Level2 >> 10} KB, {caches.Level3 >> 20} MB; {used} threads are used",
            null, OnlyFloat, new JsonObject
            {
                ["model"] = processor.Name,
                ["cores"] = processor.Cores,
                ["processors"] = processor.Threads,
                ["threads"] = used,
                ["simd"] = processor.VectorName,
                ["vector_floats"] = processor.VectorFloats,
                ["int8"] = Int8Weight.Instruction,
                ["cache_bytes"] = new JsonArray(caches.Level1, caches.Level2, caches.Level3),
            });
    }
}
