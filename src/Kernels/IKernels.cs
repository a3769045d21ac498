namespace BareBert.Kernels;

/// <summary>What computes: a device, or something around one that looks at the calls on their way.</summary>
public interface IKernels : IDisposable
{
    /// <summary>As on the command line: "cpu", "reference", "cuda:0".</summary>
    string Name { get; }

    /// <summary>Where its tensors live.</summary>
    DeviceMemory Memory { get; }

    /// <summary>The type of activations, parameters and gradients.</summary>
    DType ElementType { get; }

    /// <summary>Checks a call's operands and has it computed.</summary>
    /// <exception cref="ArgumentException">The operands do not fit together; nothing has been written.</exception>
    /// <exception cref="NotSupportedException">The device has no kernel for such a call, and the call brings none along.</exception>
    void Run<TCall>(in TCall call) where TCall : struct, IKernelCall<TCall>;

    /// <summary>Waits until everything asked for is done.</summary>
    void Synchronize();
}
