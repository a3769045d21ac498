using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

public sealed partial class GpuKernels
{
    void IKernel<LinearForward>.Run(in LinearForward call)
    {
        (int rows, int n, int k) = call.Sizes;
        Multiply(new MatMulCall(Floats(call.Y), Floats(call.X), Floats(call.Weight), rows, n, k)
        {
            TransposeB = true, Bias = Floats(call.Bias), PreActivation = Floats(call.PreActivation), Activation = call.Activation,
        });
    }

    void IKernel<LinearBackward>.Run(in LinearBackward call)
    {
        (int rows, int n, int k) = call.Sizes;
        if (call.Activation != Activation.None)
            LaunchActivationBackward(call.DY, call.DY, call.PreActivation, call.Activation, accumulate: false);
        if (!call.DX.IsNone)
            Multiply(new MatMulCall(Floats(call.DX), Floats(call.DY), Floats(call.Weight), rows, k, n) { Accumulate = !call.OverwriteDX });
        if (!call.DWeight.IsNone)
            Multiply(new MatMulCall(Floats(call.DWeight), Floats(call.DY), Floats(call.X), n, k, rows) { TransposeA = true, Accumulate = true });
        if (!call.DBias.IsNone)
            AddColumnSums(call.DBias, call.DY);
    }
}
