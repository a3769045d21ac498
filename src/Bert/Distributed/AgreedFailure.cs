namespace BareBert.Bert.Distributed;

/// <summary>
/// A failure that every process of a group has been told of: all throw it at the same place, so that all can still act together. Of any other
/// the rest know nothing, and would wait for a process that is gone.
/// </summary>
public static class AgreedFailure
{
    private const char Fine = '+', Input = 'i', Cancelled = 'c', Failed = 'r';
    private const string Mark = "agreed";

    /// <summary>Whether all processes have thrown it.</summary>
    public static bool Is(Exception e) => e.Data.Contains(Mark) || (e.InnerException is { } inner && Is(inner));

    /// <summary>A failure that each process comes to by itself, since all hold the same figures.</summary>
    internal static T Agreed<T>(this T e) where T : Exception
    {
        e.Data[Mark] = true;
        return e;
    }

    /// <summary>How a process's part went, as text for the others.</summary>
    /// <param name="result">What it gave.</param>
    /// <param name="failure">What it threw; null: nothing.</param>
    internal static string Write(string result, Exception? failure) => failure switch
    {
        null => Fine + result,
        InputException => Input + failure.Message,
        OperationCanceledException => Cancelled + failure.Message,
        RunException => Failed + failure.Message,
        _ => $"{Failed}unexpected: {failure.GetType().Name}: {failure.Message.ReplaceLineEndings(" ")}",
    };

    /// <summary>Throws what the first of the processes that failed threw.</summary>
    /// <param name="group">The processes.</param>
    /// <param name="all">[size], as <see cref="Write"/> made it.</param>
    /// <param name="mine">What this process threw; its details are kept.</param>
    internal static void Throw(IProcessGroup group, string[] all, Exception? mine)
    {
        int first = Array.FindIndex(all, text => text[0] != Fine);
        if (first < 0)
            return;
        string message = first == 0 ? all[first][1..] : $"process {first}: {all[first][1..]}";
        Exception? inner = first == group.Rank ? mine : null;
        throw all[first][0] switch
        {
            Input => inner is null ? new InputException(message).Agreed() : new InputException(message, inner).Agreed(),
            Cancelled => new OperationCanceledException(message).Agreed(),
            _ => (inner is null ? new RunException(message) : new RunException(message, inner)).Agreed(),
        };
    }
}
