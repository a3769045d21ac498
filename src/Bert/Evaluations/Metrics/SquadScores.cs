namespace BareBert.Bert.Evaluations;

/// <summary>Exact match and F1, both in per cent, over some questions.</summary>
public readonly record struct SquadScore(double ExactMatch, double F1, int Total);

/// <summary>The best score that some threshold on the no-answer probability reaches, in per cent, and that threshold.</summary>
public readonly record struct SquadBest(double Score, double Threshold);

/// <summary>What SQuAD's evaluator says of a set of predictions.</summary>
public sealed record SquadScores
{
    /// <summary>Over all questions.</summary>
    public required SquadScore Overall { get; init; }

    /// <summary>Over the questions that have an answer; v2.0 only, null where there are none.</summary>
    public SquadScore? HasAnswer { get; init; }

    /// <summary>Over the questions that have none; v2.0 only, null where there are none.</summary>
    public SquadScore? NoAnswer { get; init; }

    /// <summary>The best exact match over all thresholds; only where no-answer probabilities were given.</summary>
    public SquadBest? BestExactMatch { get; init; }

    /// <summary>The best F1 over all thresholds; only where no-answer probabilities were given.</summary>
    public SquadBest? BestF1 { get; init; }

    /// <summary>How many questions had no prediction: each scores 0.</summary>
    public int Missing { get; init; }

    /// <summary>How many predictions were for questions that are not in the data; they count for nothing.</summary>
    public int Unknown { get; init; }
}

/// <summary>A question as the evaluator sees it.</summary>
/// <param name="Id">Names the question in a predictions file.</param>
/// <param name="Answers">Every accepted answer text; empty where there is no answer.</param>
public sealed record SquadGold(string Id, IReadOnlyList<string> Answers);
