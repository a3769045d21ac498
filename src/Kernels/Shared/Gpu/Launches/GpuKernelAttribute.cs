namespace BareBert.Kernels;

/// <summary>Marks a kernel, a static method that says what one thread does, and says in which groups it is launched.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class GpuKernelAttribute : Attribute
{
    /// <summary>Threads of a group: what kernels have that have no reason for another number, where it is not given.</summary>
    public int GroupSize { get; init; } = 256;

    /// <summary>Rows in which the threads are counted: 1 where they stand in line.</summary>
    public int GroupRows { get; init; } = 1;

    /// <summary>Dynamic shared memory of a group, where all launches ask for the same.</summary>
    public int SharedBytes { get; init; }
}
