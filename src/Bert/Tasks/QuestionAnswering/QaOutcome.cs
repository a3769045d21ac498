namespace BareBert.Bert.Tasks;

/// <summary>What a model answered to a set of questions.</summary>
/// <param name="Split">"valid" or "test".</param>
/// <param name="Loss">Mean loss of the windows whose answer is known.</param>
/// <param name="Data">The questions.</param>
/// <param name="Predictions">For each question, in the order of the data.</param>
public sealed record QaOutcome(string Split, double Loss, SquadDataset Data, IReadOnlyList<QaPrediction> Predictions)
{
    /// <summary>The answers by question, as a predictions file holds them.</summary>
    /// <param name="threshold">On the no-answer probability; null: every question is answered.</param>
    public OrderedDictionary<string, string> Answers(double? threshold) => ById(p => p.Answer(threshold));

    /// <summary>The no-answer probabilities by question.</summary>
    public OrderedDictionary<string, double> NoAnswerProbabilities() => ById(p => p.NoAnswerProbability);

    /// <summary>The threshold on the no-answer probability that reaches the best F1 here.</summary>
    public double BestThreshold() =>
        SquadEvaluator.ScoreV2(Data.ToGold(), Answers(null), NoAnswerProbabilities()).BestF1!.Value.Threshold;

    /// <summary>The figures by name: EM and F1 in per cent by SQuAD's rules, the text measures from 0 to 1.</summary>
    /// <param name="threshold">On the no-answer probability; null: every question is answered.</param>
    public Evaluation ToEvaluation(double? threshold) => new(Split, [new("loss", Loss), .. QaMetrics.Of(Data, Answers(threshold), threshold)]);

    /// <summary>Something of every answer, by question, in the order of the data.</summary>
    public OrderedDictionary<string, T> ById<T>(Func<QaPrediction, T> value)
    {
        var values = new OrderedDictionary<string, T>(Predictions.Count);
        foreach (((_, SquadQuestion question), QaPrediction prediction) in Data.Questions.Zip(Predictions))
            values.Add(question.Id, value(prediction));
        return values;
    }
}
