namespace BareBert.Simt;

/// <summary>What a machine shows of NVIDIA's hardware and software where its driver cannot be used: enough to say what is missing.</summary>
/// <param name="HasCard">A card is on the PCI bus.</param>
/// <param name="HasKernelDriver">The driver's part in the kernel is loaded.</param>
/// <param name="HasDeviceFiles">/dev/nvidiactl is there.</param>
/// <param name="MayUseDeviceFiles">This user may read and write it.</param>
/// <param name="VisibleDevices">CUDA_VISIBLE_DEVICES; null where it is not set.</param>
internal sealed record NvidiaTraces(bool HasCard, bool HasKernelDriver, bool HasDeviceFiles, bool MayUseDeviceFiles, string? VisibleDevices)
{
    private const string DeviceFile = "/dev/nvidiactl";

    /// <summary>This machine's; only Linux shows any but the variable.</summary>
    public static NvidiaTraces OfThisMachine() => new(
        CardIn("/sys/bus/pci/devices"), File.Exists("/proc/driver/nvidia/version"), File.Exists(DeviceFile), MayUse(DeviceFile),
        Environment.GetEnvironmentVariable("CUDA_VISIBLE_DEVICES"));

    /// <summary>What to do where the driver's library was not found.</summary>
    public string WithoutLibrary() =>
        HasKernelDriver ? "the driver runs on this machine, but its library is not visible here; in a container, start it with --gpus all, "
            + "otherwise install the library that belongs to the driver"
        : HasCard ? "there is an NVIDIA card; install NVIDIA's driver 520 (CUDA 11.8) or newer"
        : "no NVIDIA card was found either; a GPU needs one of compute capability 8.0 (Ampere) or newer and driver 520 or newer";

    /// <summary>What to do where the driver starts and finds no GPU.</summary>
    public string WithoutDevice() =>
        VisibleDevices is not null ? $"CUDA_VISIBLE_DEVICES is '{VisibleDevices}'; name a GPU there, or unset it"
        : HasDeviceFiles && !MayUseDeviceFiles ? $"this user may not use {DeviceFile}; have an administrator add the user to the file's group"
        : HasKernelDriver && !HasDeviceFiles ? $"{DeviceFile} is missing; in a container, start it with --gpus all"
        : "is a card plugged in, and given to this machine or container?";

    private static bool CardIn(string folder)
    {
        try
        {
            // 0x10de is NVIDIA; class 0x03 is a display controller, with or without a display.
            return Directory.Exists(folder) && Directory.EnumerateDirectories(folder).Any(card =>
                File.ReadAllText(Path.Combine(card, "vendor")).Trim() == "0x10de"
                && File.ReadAllText(Path.Combine(card, "class")).StartsWith("0x03", StringComparison.Ordinal));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool MayUse(string path)
    {
        try
        {
            using FileStream file = File.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
