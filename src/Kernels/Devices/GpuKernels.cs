using System.Runtime.CompilerServices;
using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

/// <summary>
/// The contract on a SIMT device. The file Gpu.cs of each operation's folder holds its kernels, static methods that say what one thread
/// does, and the launches that make up the operation. The device is a CUDA one or the interpreter: they get the same PTX.
/// </summary>
/// <remarks>
/// Launches are put on the device's one stream and not waited for. Two calls give the same bits: no sum is made with atomics.
/// Not safe for use by several threads at once. Estimates of each kernel's time are in Shared/Gpu/README.md.
/// </remarks>
public sealed partial class GpuKernels : IDeviceKernels
{
    private readonly ISimtDevice _device;
    private readonly GpuScratch _scratch;
    private readonly GpuScratch _packed;
    private readonly GpuScratch _partials;
    private readonly GpuKernelCache _kernels;

    /// <summary>Takes over the device: it is disposed of with this.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="name">As on the command line.</param>
    /// <param name="precision">Of the operands of matrix multiplies.</param>
    public GpuKernels(ISimtDevice device, string name, Precision precision = Precision.Fp32)
    {
        (_device, Name, Precision) = (device, name, precision);
        Memory = new GpuMemory(device);
        _scratch = new GpuScratch(device);
        _packed = new GpuScratch(device);
        _partials = new GpuScratch(device);
        _kernels = new GpuKernelCache(device.Target);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>What runs the kernels.</summary>
    public ISimtDevice Device => _device;

    /// <summary>Of the operands of matrix multiplies.</summary>
    public Precision Precision { get; }

    /// <summary>How long launches have waited for kernels to be compiled, in this process. Those that an earlier start has compiled take next to nothing.</summary>
    public static TimeSpan WaitedForCompiler => GpuKernelCache.Waited;

    /// <summary>Has the kernels of a training step compiled in the background, as many at once as there are cores.</summary>
    public void PrepareTrainingStep() => _kernels.Prepare(TrainingStepKernels.Of(Precision).Distinct());

    /// <inheritdoc/>
    public DeviceMemory Memory { get; }

    /// <inheritdoc/>
    public DType ElementType => DType.Float32;

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
    public void Synchronize() => _device.Synchronize();

    /// <inheritdoc/>
    public void Dispose()
    {
        _scratch.Dispose();
        _packed.Dispose();
        _partials.Dispose();
        Memory.Dispose();
        _device.Dispose();
    }

    /// <summary>A tensor as a kernel sees it; one that was left out is a view of no elements.</summary>
    public static ArrayView<float> Floats(Tensor tensor) => View<float>(tensor);

    /// <inheritdoc cref="Floats"/>
    public static ArrayView<int> Ints(Tensor tensor) => View<int>(tensor);

    private static ArrayView<T> View<T>(Tensor tensor) where T : unmanaged
    {
        if (tensor.IsNone)
            return default;
        if (DTypes.Of<T>() != tensor.DType)
            throw new InvalidOperationException($"{tensor.Shape} holds {tensor.DType}, not {typeof(T).Name}");
        return DeviceView.At<T>((ulong)tensor.Address, tensor.Count);
    }

    // Whether every row of every tensor starts at a multiple of 16 bytes and is a multiple of four elements long.
    private static bool AreAligned(long cols, params ReadOnlySpan<Tensor> tensors)
    {
        ulong addresses = 0;
        foreach (Tensor tensor in tensors)
            addresses |= tensor.IsNone ? 0 : (ulong)tensor.Address;
        return cols % 4 == 0 && addresses % 16 == 0;
    }

    private static int Divide(long value, int by) => checked((int)((value + by - 1) / by));

    /// <summary>Launches a kernel, one thread for each of n elements.</summary>
    /// <param name="kernel">A method marked with <see cref="GpuKernelAttribute"/>; threads behind the last element leave at once.</param>
    /// <param name="arguments">As the method takes them.</param>
    public void LaunchElements(Delegate kernel, long n, params ReadOnlySpan<KernelArgument> arguments)
    {
        if (n == 0)
            return;
        GpuKernel compiled = _kernels.Of(kernel.Method);
        _device.Launch(compiled.Code, Divide(n, compiled.Group.X), compiled.Group, compiled.SharedBytes, arguments);
    }

    /// <summary>The same, a warp for each row.</summary>
    public void LaunchRows(Delegate kernel, long rows, params ReadOnlySpan<KernelArgument> arguments) =>
        LaunchElements(kernel, 32 * rows, arguments);

    // The same, a thread for each four elements.
    private void LaunchQuads(Delegate kernel, long n, params ReadOnlySpan<KernelArgument> arguments) =>
        LaunchElements(kernel, Divide(n, 4), arguments);

    /// <summary>Launches a kernel in so many groups.</summary>
    public void Launch(Delegate kernel, Dim3 grid, params ReadOnlySpan<KernelArgument> arguments)
    {
        GpuKernel compiled = _kernels.Of(kernel.Method);
        _device.Launch(compiled.Code, grid, compiled.Group, compiled.SharedBytes, arguments);
    }

    private void LaunchShared(Delegate kernel, Dim3 grid, int sharedBytes, params ReadOnlySpan<KernelArgument> arguments)
    {
        GpuKernel compiled = _kernels.Of(kernel.Method);
        _device.Launch(compiled.Code, grid, compiled.Group, sharedBytes, arguments);
    }
}
