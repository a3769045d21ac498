using System.Globalization;
using BareBert.Simt;

namespace BareBert.Kernels;

/// <summary>Opens devices by their names on the command line.</summary>
public static class Devices
{
    private const string Cuda = "cuda";

    /// <summary>The names that <see cref="Open"/> takes; cuda:N is the N-th GPU.</summary>
    public static readonly IReadOnlyList<string> Names = ["auto", "cpu", Cuda, "emulated", "reference"];

    /// <summary>Opens a device.</summary>
    /// <param name="name">auto: the first GPU where there is one, else the processor.</param>
    /// <param name="threads">Of the CPU kernels; 0: one per core.</param>
    /// <param name="precision">Of the operands of matrix multiplies, on devices that know several.</param>
    /// <exception cref="InputException">There is no such device, or it cannot compute in that precision.</exception>
    public static IKernels Open(string name, int threads = 0, Precision precision = Precision.Fp32)
    {
        if (threads < 0)
            throw new InputException($"--threads {threads} is not a number of threads: give 1 or more, or 0 for one per core");
        string device = name == "auto" ? Fastest() : name;
        if (device is "cpu" or "reference" && precision != Precision.Fp32)
            throw new InputException($"--precision {precision.ToString().ToLowerInvariant()} needs a GPU: --device {device} computes in fp32");
        return device switch
        {
            "cpu" => new CpuKernels(threads),
            "reference" => new ReferenceKernels<float>(),
            "emulated" => new GpuKernels(new EmulatedDevice(new EmulatorOptions { Threads = threads }), device, precision),
            _ => new GpuKernels(new CudaDevice(Ordinal(device)), device, precision),
        };
    }

    private static string Fastest() => CudaDeviceInfo.All(out _).Any(gpu => gpu.Capability.Major >= 8) ? Cuda : "cpu";

    // The N of cuda:N; cuda alone is the first.
    private static int Ordinal(string name)
    {
        if (name == Cuda)
            return 0;
        if (name.StartsWith(Cuda + ":", StringComparison.Ordinal)
            && int.TryParse(name.AsSpan(Cuda.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int ordinal))
            return ordinal;
        throw new InputException($"unknown device: --device {name}; it is one of {string.Join(", ", Names)}, cuda:N");
    }
}
