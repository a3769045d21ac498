namespace BareBert.Kernels;

/// <summary>
/// What a device must be able to compute. One file for each operation holds its part of this contract and, as
/// <see cref="ReferenceKernels{T}"/>, its executable specification.
/// </summary>
/// <remarks>
/// Rules for all of them. Every gradient output is added to (+=): the caller zeroes. Kernels never allocate tensors.
/// Outputs may be inputs only where a comment says so. NaN goes through. Results do not depend on the number of
/// threads. Wrong shapes throw <see cref="ArgumentException"/> before anything is written. An output that a summary calls
/// optional may be <c>default</c>: then it is not computed.
/// </remarks>
public partial interface IKernels : IDisposable
{
    /// <summary>As on the command line: "cpu", "reference", "cuda:0".</summary>
    string Name { get; }

    /// <summary>Where its tensors live.</summary>
    DeviceMemory Memory { get; }

    /// <summary>The type of activations, parameters and gradients.</summary>
    DType ElementType { get; }

    /// <summary>Waits until everything asked for is done.</summary>
    void Synchronize();
}
