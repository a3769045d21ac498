using System.Diagnostics;

namespace BareBert.Bert.Training;

/// <summary>Measures an evaluation while it goes on: its time, and the tokens that were read.</summary>
/// <param name="watch">Is told how far it has come.</param>
internal sealed class EvaluationMeter(Action<EvaluationProgress> watch)
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly Dictionary<string, (long Start, double Seconds, long Tokens)> _parts = [];

    /// <summary>Since this was made.</summary>
    public double Seconds => Stopwatch.GetElapsedTime(_start).TotalSeconds;

    /// <summary>Takes how far the evaluation has come, and hands it on.</summary>
    public void Watch(EvaluationProgress progress)
    {
        if (!_parts.TryGetValue(progress.What, out (long Start, double Seconds, long Tokens) part) || progress.Done == 0)
            part = (Stopwatch.GetTimestamp(), 0, part.Tokens);
        _parts[progress.What] = part with { Seconds = Stopwatch.GetElapsedTime(part.Start).TotalSeconds, Tokens = Math.Max(part.Tokens, progress.Tokens) };
        watch(progress);
    }

    /// <summary>Of one split.</summary>
    public double SecondsOf(string split) => _parts.GetValueOrDefault(split).Seconds;

    /// <summary>A state with what was measured added.</summary>
    /// <param name="state">The state before.</param>
    /// <param name="splits">Those that were evaluated: other parts read no tokens of their own.</param>
    public TrainerState AddTo(TrainerState state, IEnumerable<string> splits) => state with
    {
        EvaluationSeconds = state.EvaluationSeconds + Seconds,
        EvaluationTokens = state.EvaluationTokens + splits.Sum(split => _parts.GetValueOrDefault(split).Tokens),
    };
}
