using System.Numerics;
using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

/// <summary>
/// The textbook: plain scalar loops, computed in double precision and stored as <typeparamref name="T"/>. Slow, meant for
/// reading, for gradient checks (with double) and as the truth that faster kernels are tested against (with float).
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
public sealed partial class ReferenceKernels<T> : IDeviceKernels where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public string Name => "reference";

    /// <inheritdoc/>
    public DeviceMemory Memory { get; } = new HostMemory();

    /// <inheritdoc/>
    public DType ElementType => DTypes.Of<T>();

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
    public void Dispose() => Memory.Dispose();

    private static double Get(Span<T> values, long index) => double.CreateChecked(values[(int)index]);

    private static void Set(Span<T> values, long index, double value) => values[(int)index] = T.CreateTruncating(value);

    private static void Add(Span<T> values, long index, double value) => Set(values, index, Get(values, index) + value);

    private static Span<T> Optional(Tensor tensor) => tensor.IsNone ? default : tensor.Span<T>();
}
