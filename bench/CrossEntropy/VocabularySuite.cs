using BareBert.Kernels;
using BenchmarkDotNet.Attributes;

namespace BareBert.Bench;

/// <summary>The vocabulary loss of one step: rows masked tokens, C elements each, 30,522 words.</summary>
/// <param name="Rows">Masked tokens.</param>
/// <param name="C">Hidden size.</param>
/// <param name="Gradients">With gradients, which are two multiplies more.</param>
public sealed record VocabularySize(int Rows, int C, bool Gradients) : IWork
{
    public const int V = 30522;

    public double Flops => (Gradients ? 6.0 : 2.0) * Rows * V * C;

    public Traffic Traffic => default;

    public bool IsQuick => C == 256;

    public override string ToString() => $"{Rows} rows, C={C}, {(Gradients ? "with gradients" : "evaluation")}";
}

/// <summary>The multiplies alone, with all logits in memory, beside the fused loss, which does them and the softmax.</summary>
public class VocabularySuite
{
    private VocabularyOperands _operands = null!;

    [ParamsSource(nameof(Sizes))]
    public required VocabularySize Size { get; set; }

    public static IEnumerable<VocabularySize> Sizes() =>
        from size in new[] { (614, 128), (614, 256), (614, 512), (154, 768) }
        from gradients in new[] { false, true }
        select new VocabularySize(size.Item1, size.Item2, gradients);

    [GlobalSetup]
    public void SetUp() => _operands = new VocabularyOperands(new CpuKernels(), Size);

    [GlobalCleanup]
    public void CleanUp() => _operands.Dispose();

    [Benchmark(Baseline = true, Description = "multiplies alone")]
    public void Multiplies() => _operands.Multiplies();

    [Benchmark(Description = "fused loss"), Library(LibraryAttribute.Ours)]
    public void Fused() => _operands.Loss();
}
