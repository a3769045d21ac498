using BareBert.Kernels;
using BenchmarkDotNet.Attributes;

namespace BareBert.Bench;

/// <summary>
/// Operations beside their executable specification, against which they are checked before they are timed. Sizes beyond
/// all caches, for which Reference is too slow, are in the table of <c>bench -- ops</c>.
/// </summary>
public abstract partial class OpSuite(params string[] names)
{
    // A small batch, which stays in the second cache, and a training batch of base.
    private static readonly (int Rows, int Cols)[] Sizes = [(128, 768), (4096, 768)];

    private readonly ReferenceKernels<float> _reference = new();
    private readonly CpuKernels _cpu = new();
    private OpCases _referenceCases = null!, _cpuCases = null!;
    private Action _runReference = null!, _runCpu = null!;

    /// <summary>The operations of the suite on each size.</summary>
    public IEnumerable<OpWork> Works =>
        from size in Sizes from name in names select new OpWork(name, size.Rows, size.Cols);

    [ParamsSource(nameof(Works))]
    public OpWork Op { get; set; } = null!;

    [GlobalSetup]
    public virtual void SetUp()
    {
        _referenceCases = new OpCases(_reference, Op.Rows, Op.Cols);
        _cpuCases = new OpCases(_cpu, Op.Rows, Op.Cols);
        OpCase reference = _referenceCases[Op.Name], cpu = _cpuCases[Op.Name];
        (_runReference, _runCpu) = (reference.Call, cpu.Call);
        _runReference();
        _runCpu();
        Check(reference.Result.Span<float>(), cpu.Result.Span<float>());
        SetUpPeers();
    }

    [GlobalCleanup]
    public virtual void CleanUp()
    {
        _referenceCases.Dispose();
        _cpuCases.Dispose();
        _reference.Dispose();
        _cpu.Dispose();
        CleanUpPeers();
    }

    [Benchmark(Baseline = true)]
    public void Reference() => _runReference();

    [Benchmark, Library(LibraryAttribute.Ours)]
    public void Cpu() => _runCpu();

    // Rows of -p:Peers=true.
    partial void SetUpPeers();

    partial void CleanUpPeers();

    /// <summary>Throws unless both are the same, within single precision.</summary>
    protected void Check(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            if (!(Math.Abs(expected[i] - actual[i]) <= 1e-4 + 1e-5 * Math.Abs(expected[i])))
                throw new InvalidOperationException($"{Op}: element {i} is {actual[i]}, not {expected[i]}");
        }
    }
}

/// <summary>Layer normalisation, alone and at the end of a sub-layer.</summary>
public class LayerNormSuite() : OpSuite(
    "layernorm fwd", "layernorm bwd", "residual+dropout+layernorm fwd", "residual+dropout+layernorm bwd");

/// <summary>GELU, by erf and by tanh.</summary>
public class GeluSuite() : OpSuite("gelu fwd", "gelu bwd", "gelutanh fwd", "gelutanh bwd");

/// <summary>Embedding lookup and its scatter-add.</summary>
public class EmbeddingSuite() : OpSuite("embedding fwd", "embedding bwd");

/// <summary>Dropout: drawing the mask takes longer than applying it.</summary>
public class DropoutSuite() : OpSuite("dropout fwd", "dropout bwd");

/// <summary>The optimizer.</summary>
public class AdamWSuite() : OpSuite("adamw");

/// <summary>The gradient of softmax cross-entropy.</summary>
public class CrossEntropyBackwardSuite() : OpSuite("cross-entropy bwd");
