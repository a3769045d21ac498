namespace BareBert.Bench;

/// <summary>
/// A moment in which nothing is run before something is measured: threads of the library that ran before wait for more work by spinning (OpenMP's for 200 ms, ONNX Runtime's
/// for tens), and .NET compiles in the background what has just become hot, both on cores that are to be had whole.
/// </summary>
internal static class Quiet
{
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(0.5);

    /// <summary>Waits for it.</summary>
    public static void Wait() => Thread.Sleep(Moment);
}
