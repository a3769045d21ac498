using System.Numerics;

namespace BareBert.Kernels;

/// <summary>One call of a kernel: its operands by their names, what they must look like, and what the call costs.</summary>
/// <remarks>
/// <para>Rules for all of them. Every gradient output is added to (+=), so that the caller zeroes it, unless the call says that it is overwritten. Kernels never allocate tensors.
/// Outputs may be inputs only where a comment says so. NaN goes through. Results do not depend on the number of
/// threads. Wrong shapes throw <see cref="ArgumentException"/> before anything is written. An output that is called optional
/// may be left out: then it is not computed.</para>
/// <para>Devices have kernels for the calls of this library. An operation of one's own brings its kernels along: its calls say with
/// RunOn how each device computes them (samples/RmsNorm).</para>
/// </remarks>
/// <typeparam name="TSelf">The call itself.</typeparam>
public interface IKernelCall<TSelf> where TSelf : struct, IKernelCall<TSelf>
{
    /// <summary>What the call must do at least.</summary>
    KernelWork Work { get; }

    /// <summary>Throws where the operands do not fit together. Every call is checked once, before its kernel runs.</summary>
    /// <exception cref="ArgumentException">The message names the operand, its shape and the one that was expected.</exception>
    void Check();

    /// <summary>Computes a call that was checked, in plain loops.</summary>
    static virtual void RunOn<T>(ReferenceKernels<T> device, in TSelf call) where T : unmanaged, IFloatingPointIeee754<T> => throw NoKernel(device);

    /// <summary>Computes a call that was checked, on the processor.</summary>
    static virtual void RunOn(CpuKernels device, in TSelf call) => throw NoKernel(device);

    /// <summary>Computes a call that was checked, on a GPU or in the interpreter.</summary>
    static virtual void RunOn(GpuKernels device, in TSelf call) => throw NoKernel(device);

    private static NotSupportedException NoKernel(IKernels device) => new($"the device {device.Name} has no kernel for {typeof(TSelf).Name}");
}
