namespace BareBert.Kernels;

/// <summary>Work that is compiled for each activation, with it built in.</summary>
internal interface IActivationWork
{
    void Do<TActivation>() where TActivation : struct, IDifferentiableActivation;
}

/// <summary>Which type computes an activation on the processor.</summary>
internal static class ActivationChoice
{
    /// <summary>Does the work with an activation.</summary>
    public static void Do<TWork>(Activation activation, TWork work) where TWork : struct, IActivationWork
    {
        switch (activation)
        {
            case Activation.None: work.Do<NoActivation>(); break;
            case Activation.Gelu: work.Do<GeluActivation>(); break;
            case Activation.GeluTanh: work.Do<GeluTanhActivation>(); break;
            case Activation.Tanh: work.Do<TanhActivation>(); break;
            case Activation.Relu: work.Do<ReluActivation>(); break;
            case Activation.Silu: work.Do<SiluActivation>(); break;
            case Activation.QuickGelu: work.Do<QuickGeluActivation>(); break;
            default: throw new ArgumentOutOfRangeException(nameof(activation));
        }
    }
}
