using System.Diagnostics;

namespace BareBert.Cli.Display;

/// <summary>Progress of work whose size is known, as one line on stderr that is written over; silent when that is no terminal.</summary>
internal static class Countdown
{
    /// <summary>A callback that takes the number of items done.</summary>
    public static Action<int>? For(string what, int total)
    {
        if (Console.IsErrorRedirected)
            return null;
        long start = Stopwatch.GetTimestamp(), last = start;
        return done =>
        {
            if (done < total && Stopwatch.GetElapsedTime(last).TotalSeconds < 0.2)
                return;
            last = Stopwatch.GetTimestamp();
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds, left = seconds / Math.Max(1, done) * (total - done);
            Console.Error.Write($"\r{what} {done:N0}/{total:N0}  {Durations.Format(seconds)}  {Durations.Format(left)} left   {(done == total ? "\n" : "")}");
        };
    }
}
