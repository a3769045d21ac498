using BareBert.Simt;

namespace ILGPU;

/// <summary>An array of one thread's own.</summary>
public static class LocalMemory
{
    /// <summary><paramref name="extent"/> elements (a compile-time constant), undefined at first.</summary>
    /// <remarks>Indexed only by constants (the counter of an unrolled loop is one), the array lives in registers. Any other
    /// index puts it into local memory, which is device memory and slow.</remarks>
    public static ArrayView<T> Allocate<T>(int extent) where T : unmanaged => DeviceOnly.Call<ArrayView<T>>();
}
