using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace BareBert.Simt;

/// <summary>What a method that only a GPU has does when the host calls it: it says so.</summary>
internal static class DeviceOnly
{
    /// <summary>Always throws; typed so that expression-bodied members of any return type can use it.</summary>
    [DoesNotReturn, MethodImpl(MethodImplOptions.NoInlining)]
    public static T Call<T>([CallerMemberName] string member = "") => throw Error(member);

    /// <summary>The exception of a GPU-only member called on the host.</summary>
    public static NotSupportedException Error([CallerMemberName] string member = "") =>
        new($"{member} was called on the host: it is an instruction of a GPU, and exists only in kernels that SimtKernel.Of compiled");
}
