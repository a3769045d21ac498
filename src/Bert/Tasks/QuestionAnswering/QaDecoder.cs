namespace BareBert.Bert.Tasks;

/// <summary>A piece of the context that may be the answer.</summary>
/// <param name="Text">The context's own characters; empty for "no answer".</param>
/// <param name="Start">Where it starts in the context, in UTF-16 characters.</param>
/// <param name="End">One past its last character.</param>
/// <param name="Score">The sum of the two tokens' scores.</param>
/// <param name="Probability">Its share among the candidates that are listed with it.</param>
public readonly record struct QaCandidate(string Text, int Start, int End, double Score, double Probability);

/// <summary>From two scores a token to answers: the likeliest spans over all windows of a question, as text of its context.</summary>
/// <param name="NBest">How many candidates are kept, and how many first and last tokens of each window are tried.</param>
/// <param name="MaxAnswer">The longest answer, in tokens.</param>
/// <remarks>As <c>run_qa</c> of transformers; the same characters found in two overlapping windows are one candidate.</remarks>
public sealed record QaDecoder(int NBest = 20, int MaxAnswer = 30)
{
    /// <summary>Decodes one question.</summary>
    /// <param name="context">Its paragraph, which answers are cut from.</param>
    /// <param name="windows">Its windows.</param>
    /// <param name="logits">For each window [T, 2], the scores of being the first and the last token.</param>
    public QaPrediction Decode(string context, ReadOnlySpan<QaWindow> windows, IReadOnlyList<ReadOnlyMemory<float>> logits)
    {
        var best = new Dictionary<(int Start, int End), double>();
        double nullScore = double.PositiveInfinity;
        for (int w = 0; w < windows.Length; w++)
        {
            ReadOnlySpan<float> scores = logits[w].Span;
            nullScore = Math.Min(nullScore, (double)scores[0] + scores[1]);
            AddSpans(best, windows[w].Tokens, scores);
        }
        var spans = best.OrderByDescending(s => s.Value).ThenBy(s => s.Key.Start).ThenBy(s => s.Key.End).Take(NBest)
            .Select(s => (Span: QaEncoder.Trimmed(context, s.Key.Start, s.Key.End), Score: s.Value))
            .Select(s => new QaCandidate(context[s.Span.From..s.Span.To], s.Span.From, s.Span.To, s.Score, 0));
        return new QaPrediction(WithProbabilities([.. spans]), nullScore);
    }

    /// <summary>The candidates with the softmax over their scores.</summary>
    internal static QaCandidate[] WithProbabilities(QaCandidate[] candidates)
    {
        if (candidates.Length == 0)
            return candidates;
        double sum = candidates.Sum(c => Math.Exp(c.Score - candidates[0].Score));
        return [.. candidates.Select(c => c with { Probability = Math.Exp(c.Score - candidates[0].Score) / sum })];
    }

    private void AddSpans(Dictionary<(int Start, int End), double> best, TokenSequence window, ReadOnlySpan<float> scores)
    {
        int[] starts = Largest(window, scores, 0), ends = Largest(window, scores, 1);
        foreach (int start in starts)
        {
            foreach (int end in ends)
            {
                if (end < start || end - start >= MaxAnswer)
                    continue;
                var span = (window.Starts[start], window.Ends[end]);
                double score = (double)scores[2 * start] + scores[2 * end + 1];
                if (span.Item1 < span.Item2 && (!best.TryGetValue(span, out double known) || score > known))
                    best[span] = score;
            }
        }
    }

    // The context's tokens with the largest scores; of equal ones the first.
    private int[] Largest(TokenSequence window, ReadOnlySpan<float> scores, int column)
    {
        (int first, int end) = window.TokensOf(QaEncoder.Context);
        var values = new (float Score, int Token)[end - first];
        for (int i = 0; i < values.Length; i++)
            values[i] = (scores[2 * (first + i) + column], first + i);
        Array.Sort(values, (a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : a.Token.CompareTo(b.Token));
        return [.. values.Take(NBest).Select(v => v.Token)];
    }
}
