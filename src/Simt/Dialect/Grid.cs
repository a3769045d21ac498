using BareBert.Simt;

namespace ILGPU;

/// <summary>The launch as a whole: which group (CUDA: block) this thread belongs to, and how many groups there are.</summary>
public static class Grid
{
    public static int IdxX => DeviceOnly.Call<int>();
    public static int IdxY => DeviceOnly.Call<int>();
    public static int IdxZ => DeviceOnly.Call<int>();
    public static int DimX => DeviceOnly.Call<int>();
    public static int DimY => DeviceOnly.Call<int>();
    public static int DimZ => DeviceOnly.Call<int>();

    /// <summary>The group's number when groups are counted x first, then y, then z.</summary>
    public static int LinearIndex => IdxX + DimX * (IdxY + DimY * IdxZ);

    /// <summary>The thread's number in the whole launch: group by group, thread by thread.</summary>
    public static int GlobalLinearIndex => LinearIndex * (Group.DimX * Group.DimY * Group.DimZ) + Group.LinearIndex;
}
