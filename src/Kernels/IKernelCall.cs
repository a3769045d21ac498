namespace BareBert.Kernels;

/// <summary>One call of a kernel: its operands by their names, what they must look like, and what the call costs.</summary>
/// <remarks>
/// Rules for all of them. Every gradient output is added to (+=): the caller zeroes. Kernels never allocate tensors.
/// Outputs may be inputs only where a comment says so. NaN goes through. Results do not depend on the number of
/// threads. Wrong shapes throw <see cref="ArgumentException"/> before anything is written. An output that is called optional
/// may be left out: then it is not computed.
/// </remarks>
/// <typeparam name="TSelf">The call itself.</typeparam>
public interface IKernelCall<TSelf> where TSelf : struct, IKernelCall<TSelf>
{
    /// <summary>What the call must do at least.</summary>
    KernelWork Work { get; }

    /// <summary>Throws where the operands do not fit together. Every call is checked once, before its kernel runs.</summary>
    /// <exception cref="ArgumentException">The message names the operand, its shape and the one that was expected.</exception>
    void Check();

    /// <summary>Computes the call on a device that has no kernel for it: how an operation of one's own brings its kernels along.</summary>
    /// <param name="device">A <see cref="ReferenceKernels{T}"/>, a <see cref="CpuKernels"/> or a <see cref="GpuKernels"/>.</param>
    /// <param name="call">The call, checked.</param>
    static virtual void RunOn(IKernels device, in TSelf call) =>
        throw new NotSupportedException($"the device {device.Name} has no kernel for {typeof(TSelf).Name}");
}
