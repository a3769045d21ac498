namespace BareBert.Bert.Evaluations;

/// <summary>Scores answers to the questions of a data set.</summary>
internal static class SquadScoring
{
    /// <summary>The questions as the evaluator sees them.</summary>
    public static SquadGold[] ToGold(this SquadDataset data) => [.. data.Questions.Select(q => new SquadGold(q.Question.Id, q.Question.AnswerTexts))];

    /// <summary>Scores predictions by the rules that fit: v2.0 where some question has no answer, else v1.1.</summary>
    /// <inheritdoc cref="SquadEvaluator.ScoreV2"/>
    public static SquadScores Score(
        this SquadDataset data, IReadOnlyDictionary<string, string> predictions, OrderedDictionary<string, double>? noAnswerProbabilities = null, double threshold = 1.0) =>
        data.HasUnanswerable
            ? SquadEvaluator.ScoreV2(data.ToGold(), predictions, noAnswerProbabilities, threshold)
            : SquadEvaluator.ScoreV1(data.ToGold(), predictions);
}
