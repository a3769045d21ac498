using ILGPU;

namespace BareBert.Simt;

/// <summary>Something that runs kernels: a CUDA device, or the interpreter. Work is done in the order in which it is asked for.</summary>
public interface ISimtDevice : IDisposable
{
    /// <summary>For people: "NVIDIA H200", "emulated".</summary>
    string Name { get; }

    /// <summary>Bytes of shared memory a group may have, static and dynamic together.</summary>
    int MaxSharedBytes { get; }

    /// <summary>The chip the compiler should write PTX for, as in <c>sm_80</c>.</summary>
    string Target { get; }

    /// <summary>Takes <paramref name="bytes"/> of device memory; undefined contents, aligned to 256.</summary>
    /// <returns>Its device address.</returns>
    /// <exception cref="RunException">Out of memory.</exception>
    ulong Allocate(long bytes);

    /// <summary>Gives back what <see cref="Allocate"/> gave, once all work asked for so far is done with it.</summary>
    void Free(ulong address);

    /// <summary>Copies host memory to the device.</summary>
    void Upload(ReadOnlySpan<byte> source, ulong target);

    /// <summary>Waits for all work so far, then copies device memory to the host.</summary>
    void Download(ulong source, Span<byte> target);

    /// <summary>Copies within the device.</summary>
    void Copy(ulong source, ulong target, long bytes);

    /// <summary>Sets bytes to zero.</summary>
    void Clear(ulong target, long bytes);

    /// <summary>Runs a kernel: <paramref name="grid"/> groups of <paramref name="group"/> threads.</summary>
    /// <param name="kernel">What to run.</param>
    /// <param name="grid">Groups along x, y, z.</param>
    /// <param name="group">Threads of a group along x, y, z; at most 1024 in all.</param>
    /// <param name="sharedBytes">Dynamic shared memory a group.</param>
    /// <param name="arguments">The C# method's parameters, in order.</param>
    /// <exception cref="ArgumentException">The arguments are not the kernel's, or the sizes not possible.</exception>
    void Launch(SimtKernel kernel, Dim3 grid, Dim3 group, int sharedBytes, params ReadOnlySpan<KernelArgument> arguments);

    /// <summary>Records the launches, copies and clears that <paramref name="work"/> asks for, instead of doing them.</summary>
    /// <remarks>Launch each kernel once before, so that it is loaded. Inside, nothing may be allocated, uploaded or downloaded.</remarks>
    IDeviceGraph Capture(Action work);

    /// <summary>Opens a queue for work that runs beside this one.</summary>
    ISideStream OpenSideStream();

    /// <summary>Waits until all work asked for so far is done.</summary>
    /// <exception cref="SimtFaultException">A kernel did something it must not.</exception>
    void Synchronize();
}

/// <summary>Typed memory on a device.</summary>
/// <remarks>Not disposed by a finalizer: who allocates it frees it.</remarks>
public sealed class DeviceBuffer<T> : IDisposable where T : unmanaged
{
    private readonly ISimtDevice device;
    private ulong address;

    /// <summary>Takes memory for <paramref name="length"/> elements; undefined contents.</summary>
    public DeviceBuffer(ISimtDevice device, long length)
    {
        (this.device, Length) = (device, length);
        address = device.Allocate(length * ArrayView<T>.ElementSize);
    }

    /// <summary>Elements.</summary>
    public long Length { get; }

    /// <summary>All elements, for a kernel.</summary>
    public ArrayView<T> View => address != 0 ? DeviceView.At<T>(address, Length) : throw new ObjectDisposedException(nameof(DeviceBuffer<T>));

    public void Upload(ReadOnlySpan<T> source)
    {
        if (source.Length > Length)
            throw new ArgumentException($"{source.Length} elements do not fit a buffer of {Length}");
        device.Upload(System.Runtime.InteropServices.MemoryMarshal.AsBytes(source), DeviceView.AddressOf(View));
    }

    public T[] Download()
    {
        var result = new T[Length];
        device.Download(DeviceView.AddressOf(View), System.Runtime.InteropServices.MemoryMarshal.AsBytes(result.AsSpan()));
        return result;
    }

    public void Clear() => device.Clear(DeviceView.AddressOf(View), View.LengthInBytes);

    public void Dispose()
    {
        if (address != 0)
            device.Free(address);
        address = 0;
    }
}
