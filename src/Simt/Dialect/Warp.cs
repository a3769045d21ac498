using BareBert.Simt;

namespace ILGPU;

/// <summary>The 32 threads that execute together, and how they read each other's registers.</summary>
/// <remarks>All 32 lanes take part in a shuffle. With a <c>width</c> (a power of two up to 32) each run of that many lanes is a
/// warp of its own. A lane whose source lies outside keeps its own value.</remarks>
public static class Warp
{
    /// <summary>32 on every NVIDIA chip.</summary>
    public static int WarpSize => 32;

    /// <summary>The thread's place in its warp, 0 … 31.</summary>
    public static int LaneIdx => DeviceOnly.Call<int>();

    public static bool IsFirstLane => LaneIdx == 0;

    public static bool IsLastLane => LaneIdx == WarpSize - 1;

    /// <summary>The warp's number in its group.</summary>
    public static int WarpIdx => Group.LinearIndex / WarpSize;

    /// <summary>Waits for the other lanes, and makes their writes visible.</summary>
    public static void Barrier() => throw DeviceOnly.Error();

    /// <summary>The value of lane <paramref name="sourceLane"/>.</summary>
    public static T Shuffle<T>(T variable, int sourceLane) where T : unmanaged => DeviceOnly.Call<T>();

    /// <inheritdoc cref="Shuffle{T}(T, int)"/>
    public static T Shuffle<T>(T variable, int sourceLane, int width) where T : unmanaged => DeviceOnly.Call<T>();

    /// <summary>The value of the lane <paramref name="delta"/> above this one.</summary>
    public static T ShuffleDown<T>(T variable, int delta) where T : unmanaged => DeviceOnly.Call<T>();

    /// <inheritdoc cref="ShuffleDown{T}(T, int)"/>
    public static T ShuffleDown<T>(T variable, int delta, int width) where T : unmanaged => DeviceOnly.Call<T>();

    /// <summary>The value of the lane <paramref name="delta"/> below this one.</summary>
    public static T ShuffleUp<T>(T variable, int delta) where T : unmanaged => DeviceOnly.Call<T>();

    /// <inheritdoc cref="ShuffleUp{T}(T, int)"/>
    public static T ShuffleUp<T>(T variable, int delta, int width) where T : unmanaged => DeviceOnly.Call<T>();

    /// <summary>The value of lane (this ^ <paramref name="mask"/>).</summary>
    public static T ShuffleXor<T>(T variable, int mask) where T : unmanaged => DeviceOnly.Call<T>();

    /// <inheritdoc cref="ShuffleXor{T}(T, int)"/>
    public static T ShuffleXor<T>(T variable, int mask, int width) where T : unmanaged => DeviceOnly.Call<T>();

    /// <summary>The value of lane <paramref name="sourceLane"/>, the same for all lanes.</summary>
    public static T Broadcast<T>(T value, int sourceLane) where T : unmanaged => Shuffle(value, sourceLane);
}
