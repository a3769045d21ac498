using BareBert.Simt;

namespace ILGPU;

/// <summary>Orders this thread's writes before its later ones, as seen by others.</summary>
public static class MemoryFence
{
    /// <summary>As seen by the group.</summary>
    public static void GroupLevel() => throw DeviceOnly.Error();

    /// <summary>As seen by the whole device.</summary>
    public static void DeviceLevel() => throw DeviceOnly.Error();

    /// <summary>As seen by the host and other devices too.</summary>
    public static void SystemLevel() => throw DeviceOnly.Error();
}
