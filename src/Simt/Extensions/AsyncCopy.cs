using ILGPU.IR.Intrinsics;

namespace BareBert.Simt;

/// <summary>Copies from global to shared memory that go on while the thread computes (<c>cp.async</c>, sm_80).</summary>
/// <remarks>Copies are bundled into groups by <see cref="Commit"/>. The data may be read after <see cref="Wait"/> by the thread that
/// copied it, and after a following <c>Group.Barrier</c> by the others.</remarks>
public static class AsyncCopy
{
    /// <summary>Copies 16 bytes; both addresses multiples of 16. Bypasses the L1 cache.</summary>
    public static void Copy16<T>(ref T shared, ref T global) where T : unmanaged => Copy16(ref shared, ref global, 16);

    /// <summary>Copies 16 bytes, or writes 16 zeros where <paramref name="inside"/> is false (nothing is read then).</summary>
    public static void Copy16<T>(ref T shared, ref T global, bool inside) where T : unmanaged => Copy16(ref shared, ref global, inside ? 16 : 0);

    /// <summary>Copies 4 bytes; both addresses multiples of 4.</summary>
    public static void Copy4<T>(ref T shared, ref T global) where T : unmanaged => Copy4(ref shared, ref global, 4);

    /// <summary>Copies 4 bytes, or writes 4 zeros where <paramref name="inside"/> is false (nothing is read then).</summary>
    public static void Copy4<T>(ref T shared, ref T global, bool inside) where T : unmanaged => Copy4(ref shared, ref global, inside ? 4 : 0);

    /// <summary>Ends a group: the thread's copies since the last call.</summary>
    [IntrinsicImplementation, Ptx("cp.async.commit_group;")]
    public static void Commit() => throw DeviceOnly.Error();

    /// <summary>Waits until at most the <paramref name="groupsInFlight"/> latest groups are still under way; a constant from 0 to 3.</summary>
    public static void Wait(int groupsInFlight)
    {
        // The instruction takes a number that is written in it.
        if (groupsInFlight == 0)
            Wait0();
        else if (groupsInFlight == 1)
            Wait1();
        else if (groupsInFlight == 2)
            Wait2();
        else
            Wait3();
    }

    [IntrinsicImplementation, Ptx("cp.async.cg.shared.global [$0], [$1], 16, $2;")]
    private static void Copy16<T>([Shared] ref T shared, [Global] ref T global, int bytes) where T : unmanaged => throw DeviceOnly.Error();

    [IntrinsicImplementation, Ptx("cp.async.ca.shared.global [$0], [$1], 4, $2;")]
    private static void Copy4<T>([Shared] ref T shared, [Global] ref T global, int bytes) where T : unmanaged => throw DeviceOnly.Error();

    [IntrinsicImplementation, Ptx("cp.async.wait_group 0;")]
    private static void Wait0() => throw DeviceOnly.Error();

    [IntrinsicImplementation, Ptx("cp.async.wait_group 1;")]
    private static void Wait1() => throw DeviceOnly.Error();

    [IntrinsicImplementation, Ptx("cp.async.wait_group 2;")]
    private static void Wait2() => throw DeviceOnly.Error();

    [IntrinsicImplementation, Ptx("cp.async.wait_group 3;")]
    private static void Wait3() => throw DeviceOnly.Error();
}
