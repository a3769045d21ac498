using ILGPU;

namespace BareBert.Simt;

/// <summary>Views of memory that was taken with <see cref="ISimtDevice.Allocate"/>.</summary>
public static class DeviceView
{
    /// <summary><paramref name="length"/> elements from a device address on, which must be a multiple of their size.</summary>
    public static ArrayView<T> At<T>(ulong address, long length) where T : unmanaged => new(address, length);

    /// <summary>Where a view's first element lies; 0 for a view of nothing.</summary>
    public static ulong AddressOf<T>(ArrayView<T> view) where T : unmanaged => view.Address;
}
