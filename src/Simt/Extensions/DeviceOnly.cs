using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace BareBert.Simt;

/// <summary>What a kernel-only method does when the host calls it: it says so.</summary>
internal static class DeviceOnly
{
    /// <summary>Always throws; typed so that expression-bodied members of any return type can use it.</summary>
    [DoesNotReturn, MethodImpl(MethodImplOptions.NoInlining)]
    public static T Call<T>([CallerMemberName] string member = "") => throw Error(member);

    /// <summary>The exception of a kernel-only member called on the host.</summary>
    public static NotSupportedException Error([CallerMemberName] string member = "") =>
        new($"{member} was called on the host: it exists only inside kernels, and kernels run through the compiler "
            + "(SimtKernel.Of(method), then ISimtDevice.Launch)");
}
