namespace BareBert.Tests;

/// <summary>What code takes of the managed heap.</summary>
internal static class Allocations
{
    private const int MostRuns = 100;

    /// <summary>
    /// The bytes that a run allocates on this thread. A collection in between, which another test may set off, counts the unused rest of the thread's
    /// block as allocated: then it runs once more.
    /// </summary>
    public static long Of(Action run)
    {
        for (int i = 0; i < MostRuns; i++)
        {
            TimeSpan paused = GC.GetTotalPauseDuration(); // Unlike the number of collections it tells of those too that go on in the background.
            long before = GC.GetAllocatedBytesForCurrentThread();
            run();
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            if (GC.GetTotalPauseDuration() == paused)
                return allocated;
        }
        throw new InvalidOperationException($"each of {MostRuns} runs had a collection in between");
    }
}
