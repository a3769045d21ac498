using BareBert.Simt;

namespace BareBert.Tests;

/// <summary>The interpreter, with a list of what was asked of it.</summary>
internal sealed class RecordingDevice(EmulatorOptions? options = null) : ISimtDevice
{
    private readonly EmulatedDevice _device = new(options);

    /// <summary>A launch, and what the interpreter counted in it.</summary>
    public sealed record Launched(SimtKernel Kernel, Dim3 Grid, Dim3 Group, int SharedBytes, LaunchStatistics Statistics);

    /// <summary>All launches asked for so far. Inside a capture nothing runs: statistics there are of the launch before.</summary>
    public List<Launched> Launches { get; } = [];

    public string Name => _device.Name;

    public int MaxSharedBytes => _device.MaxSharedBytes;

    public string Target => _device.Target;

    public ulong Allocate(long bytes) => _device.Allocate(bytes);

    public void Free(ulong address) => _device.Free(address);

    public void Upload(ReadOnlySpan<byte> source, ulong target) => _device.Upload(source, target);

    public void Download(ulong source, Span<byte> target) => _device.Download(source, target);

    public void Copy(ulong source, ulong target, long bytes) => _device.Copy(source, target, bytes);

    public void Clear(ulong target, long bytes) => _device.Clear(target, bytes);

    public void Launch(SimtKernel kernel, Dim3 grid, Dim3 group, int sharedBytes, params ReadOnlySpan<KernelArgument> arguments)
    {
        _device.Launch(kernel, grid, group, sharedBytes, arguments);
        Launches.Add(new Launched(kernel, grid, group, sharedBytes, _device.Statistics));
    }

    public IDeviceGraph Capture(Action work) => _device.Capture(work);

    public ISideStream OpenSideStream() => _device.OpenSideStream();

    public void Synchronize() => _device.Synchronize();

    public void Dispose() => _device.Dispose();
}
