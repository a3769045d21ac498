using System.Runtime.InteropServices;

namespace BareBert.Kernels;

/// <summary>
/// Which core a thread runs on, how it gets off it, and in what turns it shares it. A busy Linux may leave two threads that always work together on
/// one core for seconds while another has room; then two threads are slower than one. Elsewhere nothing is known or done.
/// </summary>
internal static unsafe partial class Cores
{
    private const int MaskWords = 16; // Room for 1024 cores.

    // The shortest that Linux takes; otherwise it gives 1.4 ms with two cores, 2.8 with eight.
    private const ulong TurnNanoseconds = 100_000;

    // Linux's policies for ordinary threads.
    private const uint Other = 0, Batch = 3;

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
        new Span<ulong>(target, MaskWords).Clear();
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

    /// <summary>
    /// Asks for short turns on a core that this thread shares with another process: the same part of the core, in smaller pieces. Who offers the core (<see cref="Thread.Yield"/>) before
    /// a turn has ended loses what is left of it, and who has lost the core in the middle of a tile is to be back soon. A wish: Linux fulfils it from 6.12 on; where it cannot be told, nothing is done.
    /// </summary>
    /// <remarks>Stoica and Abdel-Wahab 1995, "Earliest eligible virtual deadline first": a turn's length decides when it comes, not how much of the core there is in all.</remarks>
    public static void AskForShortTurns()
    {
        if (!OperatingSystem.IsLinux() || SystemCalls() is not var (get, set))
            return;
        // What else a thread is given (nice) is told with it, and stays as it is.
        SchedulingAttributes attributes = default;
        if (SystemCall(get, 0, &attributes, sizeof(SchedulingAttributes), 0) != 0 || attributes.Policy is not (Other or Batch))
            return;
        attributes.Runtime = TurnNanoseconds;
        _ = SystemCall(set, 0, &attributes, 0, 0);
    }

    // sched_getattr and sched_setattr by their numbers: C libraries before 2025 have no names for them.
    private static (nint Get, nint Set)? SystemCalls() => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => (315, 314),
        Architecture.Arm64 => (275, 274),
        _ => null,
    };

    // Linux's struct sched_attr, in its first version.
    private struct SchedulingAttributes
    {
        public uint Size, Policy;
        public ulong Flags;
        public int Nice;
        public uint Priority;
        public ulong Runtime, Deadline, Period;
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint SystemCall(nint number, nint thread, SchedulingAttributes* attributes, nint third, nint fourth);

    [LibraryImport("libc", EntryPoint = "sched_getcpu"), SuppressGCTransition]
    private static partial int GetCore();

    [LibraryImport("libc", EntryPoint = "sched_getaffinity")]
    private static partial int GetAffinity(int thread, nuint bytes, ulong* mask);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static partial int SetAffinity(int thread, nuint bytes, ulong* mask);
}
