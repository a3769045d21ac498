using System.Runtime.InteropServices;

namespace BareBert.Simt;

/// <summary>A GPU, as the driver describes it.</summary>
/// <param name="Ordinal">Its number, for <c>--device cuda:N</c>.</param>
/// <param name="Capability">Compute capability, as in 9.0.</param>
/// <param name="Memory">Bytes of device memory.</param>
/// <param name="Multiprocessors">Streaming multiprocessors.</param>
/// <param name="MaxSharedBytes">Shared memory a group may have, if it asks.</param>
/// <param name="DriverVersion">The newest CUDA the driver knows, as in 12.4.</param>
/// <param name="IsProhibited">Its compute mode forbids every program to use it.</param>
public sealed record CudaDeviceInfo(
    int Ordinal, string Name, Version Capability, long Memory, int Multiprocessors, int MaxSharedBytes, Version DriverVersion, bool IsProhibited = false)
{
    private const int MultiprocessorCount = 16, ComputeMode = 20, CapabilityMajor = 75, CapabilityMinor = 76, MaxSharedOptIn = 97;
    private const int Prohibited = 2;

    private static readonly Version OldestCapability = new(8, 0), OldestDriver = new(11, 8);

    /// <summary>What the driver answered where it does not describe the GPU: one that broke down, or was taken away.</summary>
    public string? Fault { get; private init; }

    /// <summary>Why it cannot be used, and what would help; null where it can.</summary>
    public string? Obstacle =>
        Fault is not null ? $"{Fault}; nvidia-smi may say more"
        : Capability < OldestCapability ? $"it has compute capability {Capability}; 8.0 (Ampere) or newer is needed"
        : DriverVersion < OldestDriver ? $"its driver knows CUDA {DriverVersion}; install driver 520 (CUDA {OldestDriver}) or newer"
        : IsProhibited ? "its compute mode is Prohibited; an administrator allows it with nvidia-smi -c 0"
        : null;

    /// <summary>The GPUs of this machine; empty with the reason where there are none to be had.</summary>
    public static IReadOnlyList<CudaDeviceInfo> All(out string reason)
    {
        if (CudaLibrary.TryGet(out reason) is not { } library)
            return [];
        try
        {
            int count = CountOf(library);
            if (count == 0)
                reason = CudaLibrary.WithoutGpu();
            return [.. Enumerable.Range(0, count).Select(ordinal => Describe(library, ordinal))];
        }
        catch (RunException e)
        {
            reason = e.Message;
            return [];
        }
    }

    /// <summary>A GPU, also where the driver fails to describe it: then with its <see cref="Fault"/>.</summary>
    internal static CudaDeviceInfo Describe(CudaLibrary library, int ordinal)
    {
        try
        {
            return Of(library, ordinal);
        }
        catch (RunException e)
        {
            var none = new Version(0, 0);
            return new CudaDeviceInfo(ordinal, $"GPU {ordinal}", none, 0, 0, 0, none) { Fault = e.Message };
        }
    }

    /// <summary>How many GPUs a driver has.</summary>
    internal static unsafe int CountOf(CudaLibrary library)
    {
        int count = 0;
        CudaErrors.Check(library, library.DeviceGetCount(&count), "counting GPUs");
        return count;
    }

    internal static unsafe CudaDeviceInfo Of(CudaLibrary library, int ordinal)
    {
        int device = 0, version = 0;
        nuint memory = 0;
        CudaErrors.Check(library, library.DeviceGet(&device, ordinal), $"opening GPU {ordinal}");
        byte* name = stackalloc byte[256];
        CudaErrors.Check(library, library.DeviceGetName(name, 256, device), "asking for a GPU's name");
        CudaErrors.Check(library, library.DeviceTotalMem(&memory, device), "asking for a GPU's memory");
        CudaErrors.Check(library, library.DriverGetVersion(&version), "asking for the driver's version");
        var capability = new Version(Attribute(library, device, CapabilityMajor), Attribute(library, device, CapabilityMinor));
        return new CudaDeviceInfo(ordinal, Marshal.PtrToStringUTF8((nint)name)!, capability, (long)memory,
            Attribute(library, device, MultiprocessorCount), Attribute(library, device, MaxSharedOptIn), new Version(version / 1000, version % 1000 / 10),
            Attribute(library, device, ComputeMode) == Prohibited);
    }

    private static unsafe int Attribute(CudaLibrary library, int device, int which)
    {
        int value = 0;
        CudaErrors.Check(library, library.DeviceGetAttribute(&value, which, device), $"asking for a GPU's attribute {which}");
        return value;
    }
}
