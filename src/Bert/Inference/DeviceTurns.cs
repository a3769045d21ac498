using System.Runtime.CompilerServices;
using BareBert.Kernels;

namespace BareBert.Bert.Inference;

/// <summary>Whose turn it is at a device: one call at a time, whichever models on it are asked.</summary>
internal static class DeviceTurns
{
    private static readonly ConditionalWeakTable<IKernels, Lock> Locks = [];

    /// <summary>The lock of all who use a device.</summary>
    public static Lock Of(IKernels kernels) => Locks.GetValue(kernels, _ => new Lock());
}
