using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

public sealed partial class GpuKernels
{
    void IKernel<ActivationForward>.Run(in ActivationForward call)
    {
        long n = call.X.Count;
        Delegate kernel = AreAligned(n, call.Y, call.X) ? ActivationForwardChoice<AlignedRows>.Kernels.Of(call.Activation) : ActivationForwardChoice<AnyRows>.Kernels.Of(call.Activation);
        LaunchQuads(kernel, n, Floats(call.Y), Floats(call.X), checked((int)n));
    }

    void IKernel<ActivationBackward>.Run(in ActivationBackward call) => LaunchActivationBackward(call.DX, call.DY, call.X, call.Activation, accumulate: true);

    // dx += dy·f′(x), or dx = dy·f′(x), where dx may be dy.
    private void LaunchActivationBackward(Tensor dx, Tensor dy, Tensor x, Activation activation, bool accumulate)
    {
        Delegate kernel = AreAligned(x.Count, dx, dy, x) ? ActivationBackwardChoice<AlignedRows>.Kernels.Of(activation) : ActivationBackwardChoice<AnyRows>.Kernels.Of(activation);
        LaunchQuads(kernel, x.Count, Floats(dx), Floats(dy), Floats(x), checked((int)x.Count), accumulate ? 1 : 0);
    }
}

internal sealed class ActivationForwardChoice<TAccess> : GpuActivationChoice<Delegate> where TAccess : IRowAccess
{
    public static readonly ActivationForwardChoice<TAccess> Kernels = new();

    protected override Delegate Of<TActivation>() => ActivationKernels.Forward<TActivation, TAccess>;
}

internal sealed class ActivationBackwardChoice<TAccess> : GpuActivationChoice<Delegate> where TAccess : IRowAccess
{
    public static readonly ActivationBackwardChoice<TAccess> Kernels = new();

    protected override Delegate Of<TActivation>() => ActivationKernels.Backward<TActivation, TAccess>;
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
