namespace BareBert.Simt;

/// <summary>What CUDA allows a launch.</summary>
internal static class LaunchLimits
{
    public static void Check(SimtKernel kernel, Dim3 grid, Dim3 group, int sharedBytes, int maxSharedBytes)
    {
        if (group.X < 1 || group.Y < 1 || group.Z < 1 || group.Z > 64 || group.Count > 1024)
            throw new ArgumentException($"{kernel.Name}: a group of {group} threads; a group has 1 to 1024, at most 64 along z");
        if (grid.X < 1 || grid.Y < 1 || grid.Z < 1 || grid.Y > 65535 || grid.Z > 65535)
            throw new ArgumentException($"{kernel.Name}: a grid of {grid} groups; each side is at least 1, and y and z at most 65535");
        if (sharedBytes < 0 || kernel.StaticSharedBytes + sharedBytes > maxSharedBytes)
            throw new ArgumentException($"{kernel.Name}: {kernel.StaticSharedBytes} + {sharedBytes} bytes of shared memory a group; "
                + $"the device has {maxSharedBytes}");
    }
}
