using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

/// <summary>What a device has for one kind of call.</summary>
public interface IKernel<TCall> where TCall : struct, IKernelCall<TCall>
{
    /// <summary>Computes a call whose operands were checked.</summary>
    void Run(in TCall call);
}

/// <summary>
/// A device. Beside each call's declaration this is made to ask for its kernel: a device that lacks one does not compile.
/// </summary>
public partial interface IDeviceKernels : IKernels;

/// <summary>The way from a call to a device's kernel.</summary>
internal static class KernelDispatch
{
    // Compiled anew for each device and call, both of which are known then: neither the cast nor the call is looked up, and nothing is boxed.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run<TCall>(IDeviceKernels device, in TCall call) where TCall : struct, IKernelCall<TCall>
    {
        call.Check();
        if (device is IKernel<TCall> kernel)
            kernel.Run(call);
        else
            TCall.RunOn(device, call);
    }
}
