namespace BareBert.Kernels;

/// <summary>Opens devices by their names on the command line.</summary>
public static class Devices
{
    /// <summary>The names that <see cref="Open"/> takes.</summary>
    public static readonly IReadOnlyList<string> Names = ["auto", "cpu", "reference"];

    /// <summary>Opens a device.</summary>
    /// <param name="name">auto: the fastest there is.</param>
    /// <param name="threads">Of the CPU kernels; 0: one per core.</param>
    /// <exception cref="InputException">There is no such device.</exception>
    public static IKernels Open(string name, int threads = 0)
    {
        if (threads < 0)
            throw new InputException($"--threads {threads} is not a number of threads: give 1 or more, or 0 for one per core");
        return name switch
        {
            "auto" or "cpu" => new CpuKernels(threads),
            "reference" => new ReferenceKernels<float>(),
            _ => throw new InputException($"unknown device: --device {name}; it is one of {string.Join(", ", Names)}"),
        };
    }
}
