using System.Globalization;
using BareBert.Simt;

namespace BareBert.Kernels;

/// <summary>The device that <c>auto</c> stands for on this machine.</summary>
/// <param name="Name">cpu, or a GPU's name.</param>
/// <param name="Why">A sentence's end: "because …".</param>
public sealed record DeviceChoice(string Name, string Why);

/// <summary>Opens devices by their names on the command line.</summary>
public static class Devices
{
    private const string Cuda = "cuda";

    /// <summary>The names that <see cref="Open"/> takes; cuda:N is the N-th GPU.</summary>
    public static readonly IReadOnlyList<string> Names = ["auto", "cpu", Cuda, "emulated", "reference"];

    /// <summary>Opens a device.</summary>
    /// <param name="name">auto: the first GPU that can be used where there is one, else the processor.</param>
    /// <param name="threads">Of the CPU kernels; 0: one per core.</param>
    /// <param name="precision">Of the operands of matrix multiplies, on devices that know several.</param>
    /// <exception cref="InputException">There is no such device, it cannot compute in that precision, or there are too many threads.</exception>
    public static IKernels Open(string name, int threads = 0, Precision precision = Precision.Fp32)
    {
        if (threads < 0 || threads > ThreadTeam.MaxCount)
            throw new InputException($"`Threads` {threads} is not a number of threads: give 1 to {ThreadTeam.MaxCount}, or 0 for one per core");
        string device = name == "auto" ? Choose().Name : name;
        if (device is "cpu" or "reference" && precision != Precision.Fp32)
            throw new InputException($"`Precision` {precision.ToString().ToLowerInvariant()} needs a GPU: `Device` {device} computes in fp32");
        return device switch
        {
            "cpu" => new CpuKernels(threads),
            "reference" => new ReferenceKernels<float>(),
            "emulated" => new GpuKernels(new EmulatedDevice(new EmulatorOptions { Threads = threads }), device, precision),
            _ => new GpuKernels(new CudaDevice(Ordinal(device)), device, precision),
        };
    }

    /// <summary>What auto stands for here.</summary>
    public static DeviceChoice Choose()
    {
        IReadOnlyList<CudaDeviceInfo> gpus = CudaDeviceInfo.All(out string reason);
        return gpus.FirstOrDefault(gpu => gpu.Obstacle is null) is { } gpu
            ? new DeviceChoice(gpu.Ordinal == 0 ? Cuda : $"{Cuda}:{gpu.Ordinal}", $"{gpu.Name} can be used")
            : new DeviceChoice("cpu", gpus.Count == 0 ? reason : string.Join("; ", gpus.Select(g => $"{g.Name} cannot be used: {g.Obstacle}")));
    }

    // The N of cuda:N; cuda alone is the first.
    private static int Ordinal(string name)
    {
        if (name == Cuda)
            return 0;
        if (name.StartsWith(Cuda + ":", StringComparison.Ordinal)
            && int.TryParse(name.AsSpan(Cuda.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int ordinal))
            return ordinal;
        throw new InputException($"unknown device: `Device` {name}; it is one of {string.Join(", ", Names)}, cuda:N");
    }
}
