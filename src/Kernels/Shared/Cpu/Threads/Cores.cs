using System.Runtime.InteropServices;

namespace BareBert.Kernels;

/// <summary>
/// Which core a thread runs on, and how it gets off it. A busy Linux may leave two threads that always work together on
/// one core for seconds while another has room; then two threads are slower than one. Elsewhere nothing is known or done.
/// </summary>
internal static unsafe partial class Cores
{
    private const int MaskWords = 16; // Room for 1024 cores.

    /// <summary>The core that this thread runs on; −1 where the system does not say.</summary>
    public static int Current => OperatingSystem.IsLinux() ? GetCore() : -1;

    /// <summary>
    /// Moves this thread to a core that is not among <paramref name="taken"/>, if it may run on one; it is not bound to it.
    /// </summary>
    public static void MoveAwayFrom(ReadOnlySpan<int> taken)
    {
        if (!OperatingSystem.IsLinux())
            return;
        ulong* allowed = stackalloc ulong[MaskWords], target = stackalloc ulong[MaskWords];
        if (GetAffinity(0, MaskWords * sizeof(ulong), allowed) < 0)
            return;
        for (int core = 0; core < MaskWords * 64; core++)
        {
            ulong bit = 1UL << (core % 64);
            if ((allowed[core / 64] & bit) == 0 || taken.Contains(core))
                continue;
            target[core / 64] = bit;
            // Setting the mask moves the thread at once; giving the old one back leaves it there, free to be moved again.
            if (SetAffinity(0, MaskWords * sizeof(ulong), target) == 0)
                _ = SetAffinity(0, MaskWords * sizeof(ulong), allowed);
            return;
        }
    }

    [LibraryImport("libc", EntryPoint = "sched_getcpu"), SuppressGCTransition]
    private static partial int GetCore();

    [LibraryImport("libc", EntryPoint = "sched_getaffinity")]
    private static partial int GetAffinity(int thread, nuint bytes, ulong* mask);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static partial int SetAffinity(int thread, nuint bytes, ulong* mask);
}
