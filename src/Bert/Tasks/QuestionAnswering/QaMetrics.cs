namespace BareBert.Bert.Tasks;

/// <summary>The figures of answers, by the names they have in <c>metrics.jsonl</c>.</summary>
public static class QaMetrics
{
    /// <summary>EM and F1 (per cent), also over the questions with and without an answer, then BLEU, ROUGE and METEOR (0 to 1).</summary>
    /// <param name="data">The questions.</param>
    /// <param name="answers">By question.</param>
    /// <param name="threshold">On the no-answer probability, that the answers were made with; listed where there is one.</param>
    public static IReadOnlyList<Metric> Of(SquadDataset data, IReadOnlyDictionary<string, string> answers, double? threshold = null)
    {
        List<Metric> metrics = [.. Of(data, data.Score(answers), answers)];
        if (threshold is double limit)
            metrics.Add(new Metric("no_answer_threshold", limit));
        return metrics;
    }

    /// <summary>The same where the scores are there already.</summary>
    public static IReadOnlyList<Metric> Of(SquadDataset data, SquadScores scores, IReadOnlyDictionary<string, string> answers)
    {
        List<Metric> metrics = [new("em", scores.Overall.ExactMatch), new("f1", scores.Overall.F1)];
        Add("has_answer", scores.HasAnswer);
        Add("no_answer", scores.NoAnswer);
        if (AnswerTextScores.Of(data.ToGold(), answers) is { } texts)
        {
            metrics.AddRange([
                new("bleu", texts.Bleu), new("sentence_bleu", texts.SentenceBleu), new("rouge1", texts.Rouge1), new("rouge2", texts.Rouge2),
                new("rougeL", texts.RougeL), new("meteor", texts.Meteor)]);
        }
        return metrics;

        void Add(string name, SquadScore? score)
        {
            if (score is SquadScore some)
                metrics.AddRange([new($"{name}_em", some.ExactMatch), new($"{name}_f1", some.F1)]);
        }
    }

    /// <summary>The figures of answers that are there already.</summary>
    /// <param name="data">The questions.</param>
    /// <param name="answers">By question; the empty string says that there is none.</param>
    /// <param name="probabilities">By question, that there is no answer; null: not known.</param>
    /// <param name="threshold">A question whose probability is above it counts as answered with the empty string.</param>
    /// <param name="notice">Takes what is worth knowing.</param>
    public static Evaluation OfPredictions(
        SquadDataset data, IReadOnlyDictionary<string, string> answers, OrderedDictionary<string, double>? probabilities, double threshold, Action<string> notice)
    {
        SquadScores scores = data.Score(answers, probabilities, threshold);
        if (scores.Missing > 0)
            notice($"{scores.Missing:N0} of {data.QuestionCount:N0} questions have no prediction and score 0");
        if (scores.Unknown > 0)
            notice($"{scores.Unknown:N0} predictions are for questions that are not in the data; they count for nothing");
        // The text measures see the same answers as the scores do.
        IReadOnlyDictionary<string, string> given = probabilities is null ? answers
            : answers.ToDictionary(a => a.Key, a => probabilities.TryGetValue(a.Key, out double p) && p > threshold ? "" : a.Value);
        return new Evaluation("test", [.. Of(data, scores, given), .. Best("em", scores.BestExactMatch), .. Best("f1", scores.BestF1)]);

        static Metric[] Best(string name, SquadBest? best) =>
            best is SquadBest some ? [new($"best_{name}", some.Score), new($"best_{name}_threshold", some.Threshold)] : [];
    }
}
