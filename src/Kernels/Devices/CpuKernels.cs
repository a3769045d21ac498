using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

/// <summary>
/// The processor's own kernels: SIMD at the widest vectors there are (AVX-512, AVX2, Arm's AdvSimd, plain code), on all cores.
/// </summary>
/// <remarks>
/// Every result is the same for any number of threads: outputs are cut between threads, sums are taken over fixed blocks and
/// the blocks' sums added in order. Not to be called from two threads at once: the scratch memory is one per instance.
/// </remarks>
public sealed unsafe partial class CpuKernels : IDeviceKernels
{
    private readonly ThreadTeam _team;
    private readonly ScratchMemory _partials = new();

    /// <param name="threads">How many threads work at a time, the caller's included; 0 for one per processor.</param>
    public CpuKernels(int threads = 0) => _team = new ThreadTeam(threads);

    /// <inheritdoc/>
    public string Name => "cpu";

    /// <inheritdoc/>
    public DeviceMemory Memory { get; } = new HostMemory();

    /// <inheritdoc/>
    public DType ElementType => DType.Float32;

    /// <summary>How many threads work at a time.</summary>
    public int Threads => _team.Count;

    /// <inheritdoc/>
    public void Run<TCall>(in TCall call) where TCall : struct, IKernelCall<TCall>
    {
        Unsafe.AsRef(in call).Check(); // as it lies there: through a read-only reference it would be copied first
        if (this is IKernel<TCall> kernel)
            kernel.Run(call);
        else
            TCall.RunOn(this, call);
    }

    /// <inheritdoc/>
    public void Synchronize() { }

    /// <inheritdoc/>
    public void Dispose()
    {
        _team.Dispose();
        _partials.Dispose();
        DisposeMatMul();
        DisposeAttention();
        DisposeVocabularyCrossEntropy();
        DisposeNf4Linear();
        DisposeInt8Linear();
        DisposePackedLinear();
        Memory.Dispose();
    }

    // Each is written where its scratch memory is; where there is none, the call vanishes.
    partial void DisposeMatMul();
    partial void DisposeAttention();
    partial void DisposeVocabularyCrossEntropy();
    partial void DisposeNf4Linear();
    partial void DisposeInt8Linear();
    partial void DisposePackedLinear();
}
