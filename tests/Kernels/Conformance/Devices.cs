using BareBert.Kernels;
using BareBert.Simt;
using Xunit;

namespace BareBert.Tests;

/// <summary>A device that the conformance suite runs over.</summary>
/// <param name="Name">In the tests' names.</param>
/// <param name="Open">Makes it.</param>
/// <param name="SameBitsAs">Another device that must give the same bits: the same processor with other threads.</param>
/// <param name="MaxWork">Shapes of more work than this (elements, or products of a multiply) are left out: an interpreter is slow.</param>
public sealed record Device(string Name, Func<IKernels> Open, string? SameBitsAs = null, long MaxWork = long.MaxValue);

/// <summary>All devices that the suite runs over: a new one joins by a line here.</summary>
public static class Devices
{
    public static IReadOnlyList<Device> All { get; } =
    [
        new("cpu", () => new CpuKernels(1)),
        new("cpu with 2 threads", () => new CpuKernels(2), SameBitsAs: "cpu"),
        new("cpu with 3 threads", () => new CpuKernels(3), SameBitsAs: "cpu"),
        new("emulated", () => new GpuKernels(new EmulatedDevice(), "emulated"), MaxWork: 110_000),
        .. CudaDeviceInfo.All(out _).Where(gpu => gpu.Obstacle is null).Select(gpu => new Device(
            $"cuda:{gpu.Ordinal}", () => new GpuKernels(new CudaDevice(gpu.Ordinal), $"cuda:{gpu.Ordinal}"))),
    ];

    public static TheoryData<string> Names => [.. All.Select(device => device.Name)];

    /// <summary>Dimensions around vector widths, BERT's own, and one that fits nothing.</summary>
    public static int[] Dimensions { get; } = [1, 31, 32, 33, 768, 4099];
}

/// <summary>Opens every device once and keeps it for all tests of the collection, which run one after the other.</summary>
public sealed class DeviceFixture : IDisposable
{
    private readonly Dictionary<string, IKernels> _open = [];

    public ReferenceKernels<float> Reference { get; } = new();

    public IKernels this[string name]
    {
        get
        {
            if (!_open.TryGetValue(name, out IKernels? kernels))
                _open[name] = kernels = Devices.All.Single(device => device.Name == name).Open();
            return kernels;
        }
    }

    /// <summary>A trial of one device, held against the device that must give the same bits, or else against Reference.</summary>
    public Trial On(string name, uint seed = 1)
    {
        string? twin = Devices.All.Single(device => device.Name == name).SameBitsAs;
        return new Trial(twin is null ? Reference : this[twin], this[name], twin is not null, name, seed);
    }

    /// <summary>The shapes that are not too much for a device.</summary>
    public IEnumerable<T> Fitting<T>(string name, IEnumerable<T> shapes, Func<T, long> work)
    {
        long most = Devices.All.Single(device => device.Name == name).MaxWork;
        return shapes.Where(shape => work(shape) <= most);
    }

    public void Dispose()
    {
        foreach (IKernels kernels in _open.Values)
            kernels.Dispose();
        Reference.Dispose();
    }
}

[CollectionDefinition("devices")]
public sealed class DeviceCollection : ICollectionFixture<DeviceFixture>;
