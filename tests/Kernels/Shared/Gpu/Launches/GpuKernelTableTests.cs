using System.Globalization;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>
/// What NVIDIA's assembler makes of every kernel: no local memory, the instructions that a kernel is built around, and no more
/// registers and no lower occupancy than tests/golden/gpu/kernels.tsv says. Set BAREBERT_RECORD to a path to write a new table there.
/// </summary>
public sealed class GpuKernelTableTests(AssembledKernels assembled) : IClassFixture<AssembledKernels>
{
    public static TheoryData<string> Chips => ["sm_80", "sm_90"];

    [Theory, MemberData(nameof(Chips))]
    public void NoKernelSpills(string chip)
    {
        foreach (AssembledKernel kernel in assembled.For(chip))
        {
            Assert.True(kernel.StackBytes == 0, $"{kernel.Name} keeps {kernel.StackBytes} bytes of a thread in memory");
            Assert.False(kernel.Sass.Contains("LDL") || kernel.Sass.Contains("STL"), $"{kernel.Name} reads or writes local memory");
        }
    }

    [Theory, MemberData(nameof(Chips))]
    public void TensorCoresAreUsed(string chip)
    {
        foreach (AssembledKernel kernel in Of(chip, "MatMul6TensorCoreTf32"))
            Has(kernel, "HMMA.1688.F32.TF32", "LDGSTS.E.BYPASS.128");
        foreach (AssembledKernel kernel in Of(chip, "MatMul7TensorCoreBf16").Concat(Of(chip, "MatMul8WideBf16")))
            Has(kernel, "HMMA.16816.F32.BF16", "LDGSTS.E.BYPASS.128", "LDSM.16.M88.4");
        foreach (AssembledKernel kernel in Of(chip, "TensorAttention"))
            Has(kernel, kernel.Name.Contains("Bf16") ? "HMMA.16816.F32.BF16" : "HMMA.1688.F32.TF32", "LDSM.16.M88.4");
    }

    [Theory, MemberData(nameof(Chips))]
    public void VectorLoadsAreUsed(string chip)
    {
        foreach (AssembledKernel kernel in Of(chip, "MatMul4Vectorised").Concat(Of(chip, "MatMul5DoubleBuffered")))
            Has(kernel, "LDG.E.128", "LDS.128", "STG.E.128");
        foreach (AssembledKernel kernel in Of(chip, "AttentionForwardKernel").Concat(Of(chip, "AttentionBackwardKernels.Queries")))
            Has(kernel, "LDS.128");
        foreach (AssembledKernel kernel in Of(chip, "TensorAttention").Append(Of(chip, "VocabularyKernels").Single()))
            Has(kernel, "LDG.E.128");
        foreach (string prefix in new[] { "ActivationKernels", "AdamWKernels", "DropoutKernels", "LayerNormKernels", "MatMulPartKernels", "ReductionKernels.AddScaled" })
        {
            foreach (AssembledKernel kernel in Of(chip, prefix).Where(kernel => kernel.Name.EndsWith(nameof(AlignedRows), StringComparison.Ordinal)))
                Has(kernel, "LDG.E.128", "STG.E.128");
        }
    }

    // NVIDIA's occupancy calculator's numbers.
    [Theory]
    [InlineData("sm_90", 256, 32, 0, 0, 8, 100)]
    [InlineData("sm_90", 256, 33, 0, 0, 6, 75)]
    [InlineData("sm_80", 128, 255, 0, 0, 2, 12)]
    [InlineData("sm_90", 32, 16, 0, 0, 32, 50)]
    [InlineData("sm_80", 128, 32, 0, 100 << 10, 1, 6)]
    [InlineData("sm_90", 128, 32, 8 << 10, 100 << 10, 2, 12)]
    public void OccupancyIsWhatRegistersThreadsAndSharedMemoryAllow(string chip, int threads, int registers, int staticShared, int dynamicShared, int groups, int percent) =>
        Assert.Equal(new Occupancy(groups, percent), Occupancy.Of(chip, new GpuLaunch(threads, dynamicShared), registers, staticShared));

    [Theory, MemberData(nameof(Chips))]
    public void RegistersAndSharedMemoryStayWithinTheRecord(string chip)
    {
        if (Environment.GetEnvironmentVariable("BAREBERT_RECORD") is string path)
            File.WriteAllLines($"{path}.{chip}", assembled.For(chip).Select(kernel => kernel.ToRow(chip)));
        Dictionary<string, string[]> recorded = File.ReadAllLines(Golden.Find("gpu", "kernels.tsv")).Select(line => line.Split('\t')).Where(row => row[0] == chip)
            .ToDictionary(row => row[1]);
        foreach (AssembledKernel kernel in assembled.For(chip))
        {
            Assert.True(recorded.TryGetValue(kernel.Name, out string[]? row), $"{kernel.Name} is not in the table");
            // The assembler's versions differ by a few registers, and where those are the last that fit, by a group.
            Assert.True(kernel.Registers <= Number(row[2]) + 4, $"{kernel.Name} takes {kernel.Registers} registers, {row[2]} recorded");
            Assert.Equal([kernel.Name, row[3], row[4], row[5]], [kernel.Name, $"{kernel.SharedBytes}", $"{kernel.Launch.SharedBytes}", $"{kernel.Launch.Threads}"]);
            if (kernel.Registers <= Number(row[2]))
                Assert.True(kernel.Occupancy.Percent >= Number(row[7]), $"{kernel.Name} fills {kernel.Occupancy.Percent} % of a multiprocessor, {row[7]} recorded");
            Assert.True(kernel.Occupancy.Groups >= 1, $"no group of {kernel.Name} fits {chip}");
        }
        Assert.Equal(recorded.Count, assembled.For(chip).Count);
    }

    private IEnumerable<AssembledKernel> Of(string chip, string prefix)
    {
        AssembledKernel[] kernels = [.. assembled.For(chip).Where(kernel => kernel.Name.StartsWith(prefix, StringComparison.Ordinal))];
        Assert.NotEmpty(kernels);
        return kernels;
    }

    private static void Has(AssembledKernel kernel, params string[] instructions)
    {
        foreach (string instruction in instructions)
            Assert.True(kernel.Sass.Contains(instruction), $"{kernel.Name} has no {instruction}");
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
