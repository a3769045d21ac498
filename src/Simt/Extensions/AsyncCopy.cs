namespace BareBert.Simt;

/// <summary>Copies from global to shared memory that go on while the thread computes (<c>cp.async</c>).</summary>
/// <remarks>Copies are bundled into groups by <see cref="Commit"/>. The data may be read after <see cref="Wait"/> by the thread that
/// copied it, and after a following <c>Group.Barrier</c> by the others.</remarks>
public static class AsyncCopy
{
    /// <summary>Copies 16 bytes; both addresses multiples of 16. Bypasses the L1 cache.</summary>
    public static void Copy16<T>(ref T shared, ref T global) where T : unmanaged => throw DeviceOnly.Error();

    /// <summary>Copies 16 bytes, or writes 16 zeros where <paramref name="inside"/> is false (nothing is read then).</summary>
    public static void Copy16<T>(ref T shared, ref T global, bool inside) where T : unmanaged => throw DeviceOnly.Error();

    /// <summary>Copies 4 bytes; both addresses multiples of 4.</summary>
    public static void Copy4<T>(ref T shared, ref T global) where T : unmanaged => throw DeviceOnly.Error();

    /// <summary>Copies 4 bytes, or writes 4 zeros where <paramref name="inside"/> is false (nothing is read then).</summary>
    public static void Copy4<T>(ref T shared, ref T global, bool inside) where T : unmanaged => throw DeviceOnly.Error();

    /// <summary>Ends a group: the thread's copies since the last call.</summary>
    public static void Commit() => throw DeviceOnly.Error();

    /// <summary>Waits until at most the <paramref name="groupsInFlight"/> latest groups are still under way; a constant.</summary>
    public static void Wait(int groupsInFlight) => throw DeviceOnly.Error();
}
