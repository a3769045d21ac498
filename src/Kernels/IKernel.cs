namespace BareBert.Kernels;

/// <summary>What a device has for one kind of call.</summary>
/// <remarks>A device's Run is compiled anew for each kind of call, so that the way here is known then: it is neither looked up nor is anything boxed.</remarks>
public interface IKernel<TCall> where TCall : struct, IKernelCall<TCall>
{
    /// <summary>Computes a call whose operands were checked.</summary>
    void Run(in TCall call);
}

/// <summary>
/// A device. Beside each call's declaration this is made to ask for its kernel: a device that lacks one does not compile.
/// </summary>
public partial interface IDeviceKernels : IKernels;
