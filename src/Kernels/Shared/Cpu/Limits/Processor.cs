using System.Runtime.InteropServices;

namespace BareBert.Kernels;

/// <summary>The processor, as people know it.</summary>
/// <param name="Name">The maker's name for it; the architecture where the system does not say.</param>
/// <param name="Cores">Cores; as many as threads where the system does not say.</param>
/// <param name="Threads">Threads that run at the same time and that this process may use.</param>
/// <param name="VectorFloats">Floats in the widest vector.</param>
public sealed record Processor(string Name, int Cores, int Threads, int VectorFloats)
{
    /// <summary>The one that this runs on, from Linux's <c>/proc/cpuinfo</c>.</summary>
    public static Processor OfThisMachine { get; } = Read("/proc/cpuinfo", Environment.ProcessorCount);

    /// <summary>What the widest vectors are called: AVX-512, AVX2, AdvSimd, or how many bits they have.</summary>
    public string VectorName => (VectorFloats, RuntimeInformation.ProcessArchitecture) switch
    {
        (16, Architecture.X64 or Architecture.X86) => "AVX-512",
        (8, Architecture.X64 or Architecture.X86) => "AVX2",
        (4, Architecture.Arm64) => "AdvSimd",
        _ => $"{32 * VectorFloats}-bit vectors",
    };

    /// <summary>Reads a file in the form of <c>/proc/cpuinfo</c>.</summary>
    /// <remarks>A core is counted once for all processors that share its physical id and core id.</remarks>
    public static Processor Read(string path, int threads)
    {
        string name = "", package = "";
        var cores = new HashSet<(string Package, string Core)>();
        foreach (string line in Lines(path))
        {
            if (line.Split(':', 2, StringSplitOptions.TrimEntries) is not [string key, string value])
                continue;
            if (key == "model name" && name.Length == 0)
                name = value;
            else if (key == "physical id")
                package = value;
            else if (key == "core id")
                cores.Add((package, value));
        }
        return new Processor(name.Length > 0 ? name : RuntimeInformation.ProcessArchitecture.ToString(),
            cores.Count > 0 ? cores.Count : threads, threads, VectorWidth.Floats);
    }

    private static string[] Lines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
