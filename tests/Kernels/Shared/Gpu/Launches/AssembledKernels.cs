using System.Reflection;
using System.Text.RegularExpressions;
using BareBert.Simt;
using Xunit;

namespace BareBert.Tests;

/// <summary>What ptxas made of a kernel.</summary>
/// <param name="Name">As in <see cref="GpuKernelList"/>.</param>
/// <param name="Registers">Of a thread.</param>
/// <param name="SharedBytes">Static shared memory of a group.</param>
/// <param name="StackBytes">Local memory of a thread, spills included.</param>
/// <param name="Launch">How it is launched.</param>
/// <param name="Occupancy">Of a multiprocessor.</param>
/// <param name="Sass">The machine code.</param>
internal sealed record AssembledKernel(string Name, int Registers, int SharedBytes, int StackBytes, GpuLaunch Launch, Occupancy Occupancy, string Sass)
{
    /// <summary>A line of the recorded table.</summary>
    public string ToRow(string chip) =>
        $"{chip}\t{Name}\t{Registers}\t{SharedBytes}\t{Launch.SharedBytes}\t{Launch.Threads}\t{Occupancy.Groups}\t{Occupancy.Percent}";
}

/// <summary>All kernels, assembled once for each chip.</summary>
public sealed partial class AssembledKernels
{
    private readonly Dictionary<string, IReadOnlyList<AssembledKernel>> _byChip = [];

    internal IReadOnlyList<AssembledKernel> For(string chip)
    {
        if (!_byChip.TryGetValue(chip, out IReadOnlyList<AssembledKernel>? kernels))
            _byChip[chip] = kernels = Assemble(chip);
        return kernels;
    }

    private static List<AssembledKernel> Assemble(string chip)
    {
        string ptxas = CudaTools.Find("ptxas"), nvdisasm = CudaTools.Find("nvdisasm");
        string folder = Directory.CreateTempSubdirectory("barebert-ptxas").FullName;
        try
        {
            string ptx = Path.Combine(folder, "kernels.ptx"), cubin = Path.Combine(folder, "kernels.cubin");
            File.WriteAllText(ptx, Module(chip));
            string report = CudaTools.Run(ptxas, $"-arch={chip}", "-v", "-o", cubin, ptx);
            Dictionary<string, string> sass = Sass(CudaTools.Run(nvdisasm, "-c", cubin));
            return [.. GpuKernelList.All.Select((kernel, i) => Parse(chip, kernel, report, Entry(i), sass[Entry(i)]))];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // One module for all: each kernel is renamed after its place in the list, since instances of a generic one share a name.
    private static string Module(string chip)
    {
        var text = new System.Text.StringBuilder($".version 7.8\n.target {chip}\n.address_size 64\n.extern .shared .align 16 .b8 __dyn_shared_alloca[];\n");
        for (int i = 0; i < GpuKernelList.All.Count; i++)
        {
            SimtKernel kernel = SimtKernel.OfKept(GpuKernelList.All[i].Method, chip);
            string entry = kernel.Ptx[kernel.Ptx.IndexOf(".visible", StringComparison.Ordinal)..];
            text.Append(entry.Replace(kernel.Name, Entry(i), StringComparison.Ordinal));
        }
        return text.ToString();
    }

    private static string Entry(int i) => $"kernel_{i:000}_";

    private static AssembledKernel Parse(string chip, (string Name, MethodInfo Method) kernel, string report, string entry, string sass)
    {
        Match match = Regex.Match(report, $@"Function properties for {entry}\s+(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads\s+ptxas info\s*: Used (\d+) registers([^\n]*)");
        Assert.True(match.Success, $"ptxas said nothing about {kernel.Name}");
        int Number(int group) => int.Parse(match.Groups[group].Value);
        Match shared = SharedPattern().Match(match.Groups[5].Value);
        int sharedBytes = shared.Success ? int.Parse(shared.Groups[1].Value) : 0;
        GpuLaunch launch = GpuLaunch.Of(kernel.Method);
        return new AssembledKernel(
            kernel.Name, Number(4), sharedBytes, Number(1) + Number(2) + Number(3), launch, Occupancy.Of(chip, launch, Number(4), sharedBytes), sass);
    }

    // A kernel's code begins at the label of its section.
    private static Dictionary<string, string> Sass(string dump) => dump.Split("\n.text.").Skip(1)
        .ToDictionary(part => part[..part.IndexOf(':')], part => part);

    [GeneratedRegex(@"(\d+) bytes smem")]
    private static partial Regex SharedPattern();
}
