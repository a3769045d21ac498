using System.Reflection;
using BareBert.Simt;
using Xunit;

namespace BareBert.Tests;

/// <summary>NVIDIA's assembler takes every test kernel, for Ampere and for Hopper. Skipped where there is no ptxas;
/// <c>.ci/ptxas.sh</c> fetches one.</summary>
public sealed class PtxasTests
{
    private static MethodInfo[] TestKernels()
    {
        MethodInfo[] methods = [.. new[] { typeof(SampleKernels), typeof(SimtKernels), typeof(FaultyKernels) }
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .Select(method => method.IsGenericMethodDefinition ? method.MakeGenericMethod(typeof(SimtKernels.Square)) : method)];
        MethodInfo[] scalars = KernelTesting.Wrap([.. typeof(ScalarMethods).GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)
            .Where(method => !CompilerTests.Refused.Contains(method.Name))]);
        return [.. methods, .. scalars, .. AtomicTests.Kernels];
    }

    // The same for every chip; each is named after its place, since overloads share names.
    private static readonly Lazy<string[]> Entries = new(() => [.. TestKernels().AsParallel().Select((method, i) =>
    {
        SimtKernel kernel = SimtKernel.Of(method);
        return kernel.Ptx[kernel.Ptx.IndexOf(".visible", StringComparison.Ordinal)..].Replace($"{kernel.Name}(", $"kernel_{i}(", StringComparison.Ordinal);
    })]);

    [Theory]
    [InlineData("sm_80")]
    [InlineData("sm_90")]
    public void AssemblesEveryTestKernel(string chip)
    {
        string ptxas = CudaTools.Find("ptxas");
        string folder = Directory.CreateTempSubdirectory("barebert-ptxas").FullName;
        try
        {
            // Many in one run, as each costs a start, but not all: ptxas holds what it has done, 5 GB for 500 of them.
            foreach (string[] entries in Entries.Value.Chunk(80))
                Assemble(ptxas, chip, entries, Path.Combine(folder, "kernels.ptx"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Assemble(string ptxas, string chip, string[] entries, string path)
    {
        File.WriteAllText(path, $".version 7.8\n.target {chip}\n.address_size 64\n.extern .shared .align 16 .b8 __dyn_shared_alloca[];\n{string.Concat(entries)}");
        string report = CudaTools.Run(ptxas, $"-arch={chip}", "-v", "-o", $"{path}.cubin", path);
        Assert.Equal(entries.Length, report.Split("Compiling entry function").Length - 1);
        Assert.True(report.Contains("Used "), report);
    }
}
