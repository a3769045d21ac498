using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

public sealed partial class GpuKernels
{
    void IKernel<ActivationForward>.Run(in ActivationForward call)
    {
        long n = call.X.Count;
        bool aligned = AreAligned(n, call.Y, call.X);
        Delegate kernel = call.Activation switch
        {
            Activation.None => Forward<GpuIdentity>(aligned),
            Activation.Gelu => Forward<GpuGelu>(aligned),
            Activation.GeluTanh => Forward<GpuGeluTanh>(aligned),
            Activation.Tanh => Forward<GpuTanh>(aligned),
            Activation.Relu => Forward<GpuRelu>(aligned),
            Activation.Silu => Forward<GpuSilu>(aligned),
            Activation.QuickGelu => Forward<GpuQuickGelu>(aligned),
            _ => throw new ArgumentOutOfRangeException(nameof(call.Activation)),
        };
        LaunchQuads(kernel, n, Floats(call.Y), Floats(call.X), checked((int)n));
    }

    void IKernel<ActivationBackward>.Run(in ActivationBackward call) => LaunchActivationBackward(call.DX, call.DY, call.X, call.Activation, accumulate: true);

    // dx += dy·f′(x), or dx = dy·f′(x), where dx may be dy.
    private void LaunchActivationBackward(Tensor dx, Tensor dy, Tensor x, Activation activation, bool accumulate)
    {
        bool aligned = AreAligned(x.Count, dx, dy, x);
        Delegate kernel = activation switch
        {
            Activation.None => Backward<GpuIdentity>(aligned),
            Activation.Gelu => Backward<GpuGelu>(aligned),
            Activation.GeluTanh => Backward<GpuGeluTanh>(aligned),
            Activation.Tanh => Backward<GpuTanh>(aligned),
            Activation.Relu => Backward<GpuRelu>(aligned),
            Activation.Silu => Backward<GpuSilu>(aligned),
            Activation.QuickGelu => Backward<GpuQuickGelu>(aligned),
            _ => throw new ArgumentOutOfRangeException(nameof(activation)),
        };
        LaunchQuads(kernel, x.Count, Floats(dx), Floats(dy), Floats(x), checked((int)x.Count), accumulate ? 1 : 0);
    }

    private static Delegate Forward<T>(bool aligned) where T : IGpuActivation =>
        aligned ? ActivationKernels.Forward<T, AlignedRows> : ActivationKernels.Forward<T, AnyRows>;

    private static Delegate Backward<T>(bool aligned) where T : IGpuActivation =>
        aligned ? ActivationKernels.Backward<T, AlignedRows> : ActivationKernels.Backward<T, AnyRows>;
}

internal static class ActivationKernels
{
    /// <summary>y ← f(x), a thread four elements. y and x: [n].</summary>
    [GpuKernel]
    public static void Forward<TActivation, TAccess>(ArrayView<float> y, ArrayView<float> x, int n)
        where TActivation : IGpuActivation where TAccess : IRowAccess
    {
        int quad = Grid.IdxX * Group.DimX + Group.IdxX, i = 4 * quad;
        if (quad >= Quad.CountOf(n))
            return;
        Float4 v = TAccess.Load4(x, i, n - i);
        TAccess.Store4(y, i, n - i, new Float4(TActivation.Value(v.X), TActivation.Value(v.Y), TActivation.Value(v.Z), TActivation.Value(v.W)));
    }

    /// <summary>dx ← dy·f′(x), added to dx where accumulate is not 0, a thread four elements. dx, dy and x: [n].</summary>
    [GpuKernel]
    public static void Backward<TActivation, TAccess>(ArrayView<float> dx, ArrayView<float> dy, ArrayView<float> x, int n, int accumulate)
        where TActivation : IGpuActivation where TAccess : IRowAccess
    {
        int quad = Grid.IdxX * Group.DimX + Group.IdxX, i = 4 * quad;
        if (quad >= Quad.CountOf(n))
            return;
        Float4 v = TAccess.Load4(x, i, n - i), g = TAccess.Load4(dy, i, n - i);
        g = Quad.Multiply(g, new Float4(
            TActivation.Derivative(v.X), TActivation.Derivative(v.Y), TActivation.Derivative(v.Z), TActivation.Derivative(v.W)));
        if (accumulate != 0)
            g = Quad.Add(TAccess.Load4(dx, i, n - i), g);
        TAccess.Store4(dx, i, n - i, g);
    }
}
