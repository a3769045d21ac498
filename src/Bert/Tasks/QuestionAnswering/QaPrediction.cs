namespace BareBert.Bert.Tasks;

/// <summary>What a model says to one question.</summary>
/// <param name="Candidates">Pieces of the context, the best first; none where the context has no tokens.</param>
/// <param name="NullScore">How well "no answer" scores: the two scores of [CLS], in the window where their sum is least.</param>
public sealed record QaPrediction(IReadOnlyList<QaCandidate> Candidates, double NullScore)
{
    /// <summary>The best piece of the context; empty where there is none.</summary>
    public string BestText => Candidates.Count > 0 ? Candidates[0].Text : "";

    /// <summary>
    /// How likely there is no answer, held against the best piece alone: the logistic function of the difference of the scores.
    /// 1 where there is no piece.
    /// </summary>
    public double NoAnswerProbability => Candidates.Count > 0 ? 1 / (1 + Math.Exp(Candidates[0].Score - NullScore)) : 1;

    /// <summary>The answer: the best piece, or the empty string where "no answer" is likelier than the threshold.</summary>
    /// <param name="threshold">On <see cref="NoAnswerProbability"/>; null: every question is answered.</param>
    public string Answer(double? threshold) => threshold is double limit && NoAnswerProbability > limit ? "" : BestText;

    /// <summary>The candidates with "no answer" among them, the best first, sharing one softmax.</summary>
    /// <param name="most">How many at most; where "no answer" is not among so many, it stands behind them.</param>
    public IReadOnlyList<QaCandidate> WithNoAnswer(int most)
    {
        var none = new QaCandidate("", 0, 0, NullScore, 0);
        QaCandidate[] best = [.. Candidates.Append(none).OrderByDescending(c => c.Score).Take(most)];
        return QaDecoder.WithProbabilities(best.Contains(none) ? best : [.. best, none]);
    }
}
