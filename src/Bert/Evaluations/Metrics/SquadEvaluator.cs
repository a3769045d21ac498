namespace BareBert.Bert.Evaluations;

/// <summary>Scores answers by the rules of SQuAD's evaluators.</summary>
/// <remarks>
/// v1.1: Rajpurkar et al. 2016, arXiv:1606.05250; v2.0: Rajpurkar et al. 2018, arXiv:1806.03822. The v2.0 program stops where a
/// prediction is missing; here, as in v1.1, a missing one scores 0 and is counted in <see cref="SquadScores.Missing"/>.
/// </remarks>
public static class SquadEvaluator
{
    /// <summary>Scores by v1.1: the best of each question's answers, averaged over all questions.</summary>
    /// <exception cref="InputException">There are no questions, two have one id, or one has no answer.</exception>
    public static SquadScores ScoreV1(IReadOnlyCollection<SquadGold> questions, IReadOnlyDictionary<string, string> predictions)
    {
        Validate(questions);
        double exact = 0, f1 = 0;
        int missing = 0;
        foreach (var q in questions)
        {
            if (q.Answers.Count == 0)
                throw new InputException($"a question has no answer, which SQuAD v1.1 does not know: {Printable.Quote(q.Id)}; score this file by the rules of v2.0");
            if (!predictions.TryGetValue(q.Id, out string? prediction))
            {
                missing++;
                continue;
            }
            string[] words = SquadAnswerText.Words(prediction);
            string[][] gold = [.. q.Answers.Select(SquadAnswerText.Words)];
            exact += gold.Any(g => SquadAnswerText.ExactMatch(g, words)) ? 1 : 0;
            f1 += gold.Max(g => SquadAnswerText.F1V1(g, words));
        }
        return new SquadScores
        {
            Overall = new SquadScore(100 * exact / questions.Count, 100 * f1 / questions.Count, questions.Count),
            Missing = missing,
            Unknown = CountUnknown(questions, predictions),
        };
    }

    /// <summary>Scores by v2.0, where the right answer to some questions is the empty string.</summary>
    /// <param name="questions">The questions with their answers.</param>
    /// <param name="predictions">Answer text by question; the empty string says there is no answer.</param>
    /// <param name="noAnswerProbabilities">
    /// How likely each question has no answer (any scale, a score difference too), in file order, which settles ties in the search
    /// for the best threshold as it does in the official program. Null: none.
    /// </param>
    /// <param name="threshold">A question whose probability is above it counts as answered with the empty string.</param>
    /// <exception cref="InputException">There are no questions, two have one id, or a predicted question has no probability.</exception>
    public static SquadScores ScoreV2(
        IReadOnlyCollection<SquadGold> questions,
        IReadOnlyDictionary<string, string> predictions,
        OrderedDictionary<string, double>? noAnswerProbabilities = null,
        double threshold = 1.0)
    {
        Validate(questions);
        var scored = questions.Select(q => Judge(q, predictions, noAnswerProbabilities)).ToArray();
        SquadScore Over(IReadOnlyCollection<Judged> some) => new(
            100 * some.Sum(j => j.WithThreshold(j.ExactMatch, threshold)) / some.Count,
            100 * some.Sum(j => j.WithThreshold(j.F1, threshold)) / some.Count,
            some.Count);
        SquadScore? OverIfAny(bool hasAnswer) => scored.Where(j => j.HasAnswer == hasAnswer).ToArray() is { Length: > 0 } some ? Over(some) : null;

        return new SquadScores
        {
            Overall = Over(scored),
            HasAnswer = OverIfAny(true),
            NoAnswer = OverIfAny(false),
            BestExactMatch = noAnswerProbabilities is null ? null : BestThreshold(scored, noAnswerProbabilities, j => j.ExactMatch),
            BestF1 = noAnswerProbabilities is null ? null : BestThreshold(scored, noAnswerProbabilities, j => j.F1),
            Missing = scored.Count(j => j.Prediction is null),
            Unknown = CountUnknown(questions, predictions),
        };
    }

    /// <summary>
    /// Walks from "no answer to anything" towards answering ever more questions, the surest first, and keeps the best place to
    /// stop. Only predicted questions are walked; each question's own probability is the threshold after it, ties or not.
    /// </summary>
    private static SquadBest BestThreshold(Judged[] scored, OrderedDictionary<string, double> probabilities, Func<Judged, double> score)
    {
        var byId = scored.ToDictionary(j => j.Id);
        double current = scored.Count(j => !j.HasAnswer && j.Prediction is not null);
        var best = new SquadBest(current, 0);
        foreach (var (id, probability) in probabilities.OrderBy(p => p.Value))
        {
            if (!byId.TryGetValue(id, out var j) || j.Prediction is null)
                continue;
            current += j.HasAnswer ? score(j) : j.Prediction.Length > 0 ? -1 : 0;
            if (current > best.Score)
                best = new SquadBest(current, probability);
        }
        return best with { Score = 100 * best.Score / scored.Length };
    }

    private static Judged Judge(SquadGold q, IReadOnlyDictionary<string, string> predictions, OrderedDictionary<string, double>? probabilities)
    {
        bool hasAnswer = q.Answers.Count > 0;
        if (!predictions.TryGetValue(q.Id, out string? prediction))
            return new Judged(q.Id, hasAnswer, null, 0, 0, 0);
        double probability = 0;
        if (probabilities is not null && !probabilities.TryGetValue(q.Id, out probability))
            throw new InputException($"a predicted question has no no-answer probability: {Printable.Quote(q.Id)}; the file of probabilities must name every question");
        // An answer without words ("the") counts as none; a question without answers is answered by the empty string.
        string[] words = SquadAnswerText.Words(prediction);
        string[][] gold = [.. q.Answers.Select(SquadAnswerText.Words).Where(g => g.Length > 0).DefaultIfEmpty([])];
        double exact = gold.Any(g => SquadAnswerText.ExactMatch(g, words)) ? 1 : 0;
        return new Judged(q.Id, hasAnswer, prediction, probability, exact, gold.Max(g => SquadAnswerText.F1V2(g, words)));
    }

    private static void Validate(IReadOnlyCollection<SquadGold> questions)
    {
        if (questions.Count == 0)
            throw new InputException("there is no question to score: the data set is empty; give a SQuAD file with questions");
        var seen = new HashSet<string>(questions.Count);
        if (questions.FirstOrDefault(q => !seen.Add(q.Id)) is { } twice)
            throw new InputException($"two questions have the same id: {Printable.Quote(twice.Id)}; give each its own");
    }

    private static int CountUnknown(IEnumerable<SquadGold> questions, IReadOnlyDictionary<string, string> predictions)
    {
        var ids = questions.Select(q => q.Id).ToHashSet();
        return predictions.Keys.Count(id => !ids.Contains(id));
    }

    private sealed record Judged(string Id, bool HasAnswer, string? Prediction, double Probability, double ExactMatch, double F1)
    {
        public double WithThreshold(double score, double threshold) =>
            Prediction is not null && Probability > threshold ? (HasAnswer ? 0 : 1) : score;
    }
}
