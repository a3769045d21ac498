using BareBert.Simt;

namespace ILGPU;

/// <summary>Memory that the threads of a group share; about as quick as a register, 48 KB (statically) a group.</summary>
/// <remarks>Its contents are undefined at first. Each call in the source is one allocation, also when a loop comes by again.</remarks>
public static class SharedMemory
{
    /// <summary>One element.</summary>
    public static ref T Allocate<T>() where T : unmanaged => throw DeviceOnly.Error();

    /// <summary><paramref name="extent"/> elements; a compile-time constant.</summary>
    public static ArrayView<T> Allocate<T>(int extent) where T : unmanaged => DeviceOnly.Call<ArrayView<T>>();

    /// <summary>The memory asked for at launch (<c>sharedBytes</c>), all of it: several calls see the same bytes.</summary>
    public static ArrayView<T> GetDynamic<T>() where T : unmanaged => DeviceOnly.Call<ArrayView<T>>();
}
