using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

public sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public void LinearForward(Tensor y, Tensor preActivation, Tensor x, Tensor weight, Tensor bias, Activation activation = Activation.None)
    {
        (int rows, int n, int k) = LinearShape.OfForward(y, preActivation, x, weight, bias);
        Multiply(new MatMulCall(Floats(y), Floats(x), Floats(weight), rows, n, k)
        {
            TransposeB = true, Bias = Floats(bias), PreActivation = Floats(preActivation), Activation = activation,
        });
    }

    /// <inheritdoc/>
    public void LinearBackward(
        Tensor dx, Tensor dweight, Tensor dbias, Tensor dy, Tensor x, Tensor weight,
        Tensor preActivation = default, Activation activation = Activation.None)
    {
        (int rows, int n, int k) = LinearShape.OfBackward(dx, dweight, dbias, dy, x, weight, preActivation, activation);
        if (activation != Activation.None)
            LaunchActivationBackward(dy, dy, preActivation, activation, accumulate: false);
        if (!dx.IsNone)
            Multiply(new MatMulCall(Floats(dx), Floats(dy), Floats(weight), rows, k, n) { Accumulate = true });
        if (!dweight.IsNone)
            Multiply(new MatMulCall(Floats(dweight), Floats(dy), Floats(x), n, k, rows) { TransposeA = true, Accumulate = true });
        if (!dbias.IsNone)
            AddColumnSums(dbias, dy);
    }
}
