using BareBert.Kernels;
using BenchmarkDotNet.Attributes;
using GpuLadder = BareBert.Kernels.MatMulLadder;

namespace BareBert.Bench;

/// <summary>A suite that needs a CUDA device: <c>--filter '*Gpu*'</c>. Where there is none it is left out, with a note.</summary>
/// <remarks>A call is launched and waited for, so that what is measured is the kernel and some microseconds of the driver's; many launches in a row, timed on the device,
/// are in the tables of <c>bench -- gpu</c>.</remarks>
public abstract class GpuSuite : IDisposable
{
    private protected GpuKernels Kernels { get; } = (GpuKernels)Devices.Open("cuda", precision: Precision.Bf16);

    /// <summary>Why there can be no such suite here; null where there can.</summary>
    public static string? Obstacle => Devices.Choose() is { Name: "cpu" } choice ? choice.Why : null;

    public void Dispose()
    {
        Kernels.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>The rungs of the multiply, square matrices.</summary>
public class GpuMatMulSuite : GpuSuite
{
    private LadderOperands _operands = null!;
    private MatMulRung _rung = null!;

    [Params(1024, 4096)]
    public int Size { get; set; }

    public static IEnumerable<string> Rungs => GpuLadder.Rungs.Skip(2).Select(rung => rung.ToString());

    [ParamsSource(nameof(Rungs))]
    public string Rung { get; set; } = "";

    [GlobalSetup]
    public void SetUp()
    {
        _operands = new LadderOperands(Kernels, Size);
        _rung = GpuLadder.Rungs.Single(rung => rung.ToString() == Rung);
        double error = _operands.Error(() => _operands.Run(_rung));
        if (!(error <= 0.02))
            throw new InvalidOperationException($"{Rung}: an error of {error:0.0e+0}");
    }

    [GlobalCleanup]
    public void CleanUp() => _operands.Dispose();

    [Benchmark]
    public void Multiply()
    {
        _operands.Run(_rung);
        Kernels.Synchronize();
    }
}

/// <summary>Operations that move much and compute little.</summary>
public class GpuOperationsSuite : GpuSuite
{
    private OpCases _cases = null!;
    private Action _run = null!;

    public static IEnumerable<OpWork> Works => OpCases.Names.Select(name => new OpWork(name, 8192, 768));

    [ParamsSource(nameof(Works))]
    public OpWork Op { get; set; } = null!;

    [GlobalSetup]
    public void SetUp()
    {
        _cases = new OpCases(Kernels, Op.Rows, Op.Cols);
        _run = _cases[Op.Name].Call;
    }

    [GlobalCleanup]
    public void CleanUp() => _cases.Dispose();

    [Benchmark]
    public void Run()
    {
        _run();
        Kernels.Synchronize();
    }
}

/// <summary>Attention on tensor cores, forward and backward, with dropout.</summary>
public class GpuAttentionSuite : GpuSuite
{
    private AttentionOperands _operands = null!;

    [Params(128, 512)]
    public int Length { get; set; }

    [Params(false, true)]
    public bool Backward { get; set; }

    [GlobalSetup]
    public void SetUp() => _operands = new AttentionOperands(Kernels, new AttentionSize(16_384, Length, 12, 64, Backward, Dropout: 0.1));

    [GlobalCleanup]
    public void CleanUp() => _operands.Dispose();

    [Benchmark]
    public void Run()
    {
        _operands.Run();
        Kernels.Synchronize();
    }
}
