using BareBert.Simt;

namespace ILGPU;

/// <summary>A run of <typeparamref name="T"/> in a device's memory: an address and a length, as a kernel sees it.</summary>
/// <remarks>On the host it is only carried around; the elements are touched by kernels. Inside a kernel the compiler knows in which
/// address space (global, shared, local) each view lies, and follows it through locals, arguments and struct fields.</remarks>
public readonly struct ArrayView<T> where T : unmanaged
{
    internal readonly ulong Address;
    private readonly long length;

    internal ArrayView(ulong address, long length)
    {
        Address = address;
        this.length = length;
    }

    /// <summary>Bytes an element takes.</summary>
    public static unsafe int ElementSize => sizeof(T);

    /// <summary>The number of elements.</summary>
    public long Length => length;

    /// <summary>The number of elements, truncated to 32 bits.</summary>
    public int IntLength => (int)length;

    /// <summary>The number of bytes.</summary>
    public long LengthInBytes => length * ElementSize;

    /// <summary>Whether the view holds at least one element.</summary>
    public bool IsValid => length > 0;

    /// <summary>The element at <paramref name="index"/>. Not checked on a GPU; the interpreter reports what lies outside memory.</summary>
    public ref T this[Index1D index] => throw DeviceOnly.Error("ArrayView indexer");

    /// <inheritdoc cref="this[Index1D]"/>
    public ref T this[int index] => throw DeviceOnly.Error("ArrayView indexer");

    /// <inheritdoc cref="this[Index1D]"/>
    public ref T this[long index] => throw DeviceOnly.Error("ArrayView indexer");

    /// <summary>The elements from <paramref name="index"/> on.</summary>
    public ArrayView<T> SubView(long index) => new(Address + (ulong)(index * ElementSize), length - index);

    /// <summary>The elements [index, index + subViewLength).</summary>
    public ArrayView<T> SubView(int index, int subViewLength) => SubView((long)index, subViewLength);

    /// <summary>The elements [index, index + subViewLength).</summary>
    public ArrayView<T> SubView(long index, long subViewLength) => new(Address + (ulong)(index * ElementSize), subViewLength);

    /// <summary>The same bytes as elements of another type; a rest too short for one is dropped.</summary>
    public ArrayView<TOther> Cast<TOther>() where TOther : unmanaged =>
        new(Address, LengthInBytes / ArrayView<TOther>.ElementSize);
}
