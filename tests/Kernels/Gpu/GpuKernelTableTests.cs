using System.Globalization;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>
/// What NVIDIA's assembler makes of every kernel: no local memory, the instructions that a kernel is built around, and no more
/// registers than tests/golden/gpu/kernels.tsv says. Set BAREBERT_RECORD to a path to write a new table there.
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

    [Theory, MemberData(nameof(Chips))]
    public void RegistersAndSharedMemoryStayWithinTheRecord(string chip)
    {
        if (Environment.GetEnvironmentVariable("BAREBERT_RECORD") is string path)
            File.WriteAllLines($"{path}.{chip}", assembled.For(chip).Select(kernel => $"{chip}\t{kernel.Name}\t{kernel.Registers}\t{kernel.SharedBytes}"));
        var recorded = File.ReadAllLines(Golden.Find("gpu", "kernels.tsv")).Select(line => line.Split('\t')).Where(row => row[0] == chip)
            .ToDictionary(row => row[1], row => (Registers: Number(row[2]), Shared: Number(row[3])));
        foreach (AssembledKernel kernel in assembled.For(chip))
        {
            Assert.True(recorded.TryGetValue(kernel.Name, out var limit), $"{kernel.Name} is not in the table");
            // The assembler's versions differ by a few.
            Assert.True(kernel.Registers <= limit.Registers + 4, $"{kernel.Name} takes {kernel.Registers} registers, {limit.Registers} recorded");
            Assert.True(kernel.SharedBytes == limit.Shared, $"{kernel.Name} takes {kernel.SharedBytes} bytes of shared memory, {limit.Shared} recorded");
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
