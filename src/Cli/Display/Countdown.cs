using System.Diagnostics;

namespace BareBert.Cli.Display;

/// <summary>
/// Progress of work whose size is known, on stderr: a line that is written over and goes away at the end on a terminal, a line every few seconds elsewhere.
/// What is done at once is not worth a word.
/// </summary>
internal static class Countdown
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(0.5), Often = TimeSpan.FromSeconds(0.2), Seldom = TimeSpan.FromSeconds(10);

    /// <summary>Something that takes how far it has come.</summary>
    public static Action<EvaluationProgress> Start()
    {
        var clock = new EvaluationClock();
        bool isTerminal = !Console.IsErrorRedirected;
        long due = long.MaxValue;
        int shown = 0;
        return progress =>
        {
            if (!clock.IsRunning)
                due = After(isTerminal ? Soon : Seldom);
            clock.Advance(progress);
            bool isOver = progress.Done >= progress.Total;
            if (isOver)
                clock.Stop();
            if (isTerminal && isOver && shown > 0)
            {
                Console.Error.Write($"\r{new string(' ', shown)}\r");
                shown = 0;
            }
            if (isOver || Stopwatch.GetTimestamp() < due)
                return;
            due = After(isTerminal ? Often : Seldom);
            string line = string.Join("  ", clock.Parts());
            if (isTerminal)
                Console.Error.Write($"\r{line.PadRight(shown)}");
            else
                Console.Error.WriteLine(line);
            shown = Math.Max(shown, line.Length);
        };
    }

    private static long After(TimeSpan time) => Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
}
