using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

public sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public void ActivationForward(Tensor y, Tensor x, Activation activation)
    {
        Checks.Same(y, x, nameof(y));
        Delegate kernel = activation switch
        {
            Activation.None => ActivationKernels.Forward<GpuIdentity>,
            Activation.Gelu => ActivationKernels.Forward<GpuGelu>,
            Activation.GeluTanh => ActivationKernels.Forward<GpuGeluTanh>,
            Activation.Tanh => ActivationKernels.Forward<GpuTanh>,
            Activation.Relu => ActivationKernels.Forward<GpuRelu>,
            _ => throw new ArgumentOutOfRangeException(nameof(activation)),
        };
        LaunchElements(kernel, x.Count, Floats(y), Floats(x), checked((int)x.Count));
    }

    /// <inheritdoc/>
    public void ActivationBackward(Tensor dx, Tensor dy, Tensor x, Activation activation)
    {
        Checks.Same(dx, x, nameof(dx));
        Checks.Same(dy, x, nameof(dy));
        LaunchActivationBackward(Floats(dx), dy, x, activation, accumulate: true);
    }

    // dx += dy·f′(x), or dx = dy·f′(x), where dx may be dy.
    private void LaunchActivationBackward(ArrayView<float> dx, Tensor dy, Tensor x, Activation activation, bool accumulate)
    {
        Delegate kernel = activation switch
        {
            Activation.None => ActivationKernels.Backward<GpuIdentity>,
            Activation.Gelu => ActivationKernels.Backward<GpuGelu>,
            Activation.GeluTanh => ActivationKernels.Backward<GpuGeluTanh>,
            Activation.Tanh => ActivationKernels.Backward<GpuTanh>,
            Activation.Relu => ActivationKernels.Backward<GpuRelu>,
            _ => throw new ArgumentOutOfRangeException(nameof(activation)),
        };
        LaunchElements(kernel, x.Count, dx, Floats(dy), Floats(x), checked((int)x.Count), accumulate ? 1 : 0);
    }
}

internal static class ActivationKernels
{
    /// <summary>y ← f(x), a thread an element. y and x: [n].</summary>
    public static void Forward<TActivation>(ArrayView<float> y, ArrayView<float> x, int n) where TActivation : IGpuActivation
    {
        int i = Grid.IdxX * Group.DimX + Group.IdxX;
        if (i < n)
            y[i] = TActivation.Value(x[i]);
    }

    /// <summary>dx ← dy·f′(x), added to dx where accumulate is not 0, a thread an element. dx, dy and x: [n].</summary>
    public static void Backward<TActivation>(ArrayView<float> dx, ArrayView<float> dy, ArrayView<float> x, int n, int accumulate)
        where TActivation : IGpuActivation
    {
        int i = Grid.IdxX * Group.DimX + Group.IdxX;
        if (i >= n)
            return;
        float gradient = dy[i] * TActivation.Derivative(x[i]);
        dx[i] = accumulate != 0 ? dx[i] + gradient : gradient;
    }
}
