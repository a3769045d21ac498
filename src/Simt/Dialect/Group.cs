using BareBert.Simt;

namespace ILGPU;

/// <summary>The group (CUDA: block) of threads that share memory and can wait for each other.</summary>
public static class Group
{
    public static int IdxX => DeviceOnly.Call<int>();
    public static int IdxY => DeviceOnly.Call<int>();
    public static int IdxZ => DeviceOnly.Call<int>();
    public static int DimX => DeviceOnly.Call<int>();
    public static int DimY => DeviceOnly.Call<int>();
    public static int DimZ => DeviceOnly.Call<int>();

    /// <summary>The thread's number in its group when threads are counted x first, then y, then z.</summary>
    public static int LinearIndex => IdxX + DimX * (IdxY + DimY * IdxZ);

    public static bool IsFirstThread => LinearIndex == 0;

    public static bool IsLastThread => LinearIndex == DimX * DimY * DimZ - 1;

    /// <summary>Waits until every thread of the group is here, and makes its writes visible to them.</summary>
    /// <remarks>All threads must come by, or none: a barrier in a branch that only some take is an error.</remarks>
    public static void Barrier() => throw DeviceOnly.Error();

    /// <summary>A barrier that counts the threads whose <paramref name="predicate"/> holds.</summary>
    public static int BarrierPopCount(bool predicate) => DeviceOnly.Call<int>();

    /// <summary>A barrier that says whether <paramref name="predicate"/> holds in every thread.</summary>
    public static bool BarrierAnd(bool predicate) => DeviceOnly.Call<bool>();

    /// <summary>A barrier that says whether <paramref name="predicate"/> holds in some thread.</summary>
    public static bool BarrierOr(bool predicate) => DeviceOnly.Call<bool>();
}
