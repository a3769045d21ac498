using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;

namespace BareBert.Simt;

/// <summary>ILGPU's views of memory that was taken with <see cref="ISimtDevice.Allocate"/>.</summary>
public static class DeviceView
{
    // ILGPU's views are places in a buffer. This one is all memory from address 0 on, so that a place is an address; nobody reads through it.
    private static readonly Lazy<MemoryBuffer> AllMemory = new(() =>
    {
        var context = Context.Create(builder => builder.DefaultCPU());
        return CPUMemoryBuffer.Create(context.CreateCPUAccelerator(0), 0, long.MaxValue, 1);
    });

    /// <summary><paramref name="length"/> elements from a device address on, which must be a multiple of their size.</summary>
    public static ArrayView<T> At<T>(ulong address, long length) where T : unmanaged =>
        address == 0 ? default : new ArrayView<T>(AllMemory.Value, (long)address / ArrayView<T>.ElementSize, length);

    /// <summary>Where a view's first element lies; 0 for a view of nothing.</summary>
    public static ulong AddressOf<T>(ArrayView<T> view) where T : unmanaged => view.IsValid ? (ulong)view.LoadEffectiveAddressAsPtr() : 0;
}
