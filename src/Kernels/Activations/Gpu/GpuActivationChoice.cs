namespace BareBert.Kernels;

/// <summary>What there is for each activation: a kernel that is compiled with it built in, or its type.</summary>
internal abstract class GpuActivationChoice<TResult>
{
    /// <summary>The one for an activation.</summary>
    public TResult Of(Activation activation) => activation switch
    {
        Activation.None => Of<GpuIdentity>(),
        Activation.Gelu => Of<GpuGelu>(),
        Activation.GeluTanh => Of<GpuGeluTanh>(),
        Activation.Tanh => Of<GpuTanh>(),
        Activation.Relu => Of<GpuRelu>(),
        Activation.Silu => Of<GpuSilu>(),
        Activation.QuickGelu => Of<GpuQuickGelu>(),
        _ => throw new ArgumentOutOfRangeException(nameof(activation)),
    };

    protected abstract TResult Of<TActivation>() where TActivation : IGpuActivation;
}
