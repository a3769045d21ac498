using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

/// <summary>
/// Device memory for what one kernel leaves to the next: partial sums, a chunk of logits, packed operands. It grows to the
/// largest need and stays: after the first step of a run nothing is allocated. Undefined contents.
/// </summary>
internal sealed class GpuScratch(ISimtDevice device) : IDisposable
{
    private const long Alignment = 256;
    private ulong _address;
    private long _capacity;
    private long _used;

    /// <summary>Gives everything back for a new operation that will take up to <paramref name="bytes"/>.</summary>
    public void Begin(long bytes)
    {
        _used = 0;
        if (bytes <= _capacity)
            return;
        Dispose();
        _address = device.Allocate(bytes);
        _capacity = bytes;
    }

    /// <summary>Bytes that <see cref="Take"/> will use for so many floats.</summary>
    public static long FloatBytes(long count) => (count * sizeof(float) + Alignment - 1) / Alignment * Alignment;

    /// <summary>The next floats, aligned to 256 bytes.</summary>
    public ArrayView<float> Take(long count)
    {
        long bytes = FloatBytes(count);
        if (_used + bytes > _capacity)
            throw new InvalidOperationException($"{bytes} bytes of scratch memory were not asked for at the beginning");
        var view = DeviceView.At<float>(_address + (ulong)_used, count);
        _used += bytes;
        return view;
    }

    public void Dispose()
    {
        if (_capacity > 0)
            device.Free(_address);
        _capacity = 0;
    }
}
