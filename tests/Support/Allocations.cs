namespace BareBert.Tests;

/// <summary>What code takes of the managed heap.</summary>
internal static class Allocations
{
    private const int Runs = 10;

    /// <summary>
    /// The bytes that a run allocates on this thread: the least of several. A collection that another test sets off counts the unused rest of the
    /// thread's block as allocated, now and then; what a run takes itself shows every time.
    /// </summary>
    public static long Of(Action run)
    {
        long least = long.MaxValue;
        for (int i = 0; i < Runs && least > 0; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least;
    }
}
