namespace BareBert.Bert.Evaluations;

/// <summary>What a classifier got right of labels each of which holds or not.</summary>
/// <remarks>Agrees with scikit-learn's <c>precision_recall_fscore_support(…, zero_division=0)</c> on label indicators, <c>accuracy_score</c> and <c>hamming_loss</c>.</remarks>
/// <param name="PerLabel">Scores of each label.</param>
/// <param name="Micro">Of all decisions together.</param>
/// <param name="Macro">The plain mean over labels.</param>
/// <param name="Weighted">The mean over labels, each weighted by how often it holds.</param>
/// <param name="SubsetAccuracy">Share of the texts with every label right.</param>
/// <param name="HammingLoss">Share of all decisions that are wrong.</param>
public sealed record MultiLabelReport(IReadOnlyList<ClassScores> PerLabel, ClassScores Micro, ClassScores Macro, ClassScores Weighted, double SubsetAccuracy, double HammingLoss)
{
    /// <summary>Scores probabilities.</summary>
    /// <param name="targets">[n, labels] 1 where a label holds, else 0.</param>
    /// <param name="probabilities">[n, labels].</param>
    /// <param name="labels">Number of labels.</param>
    /// <param name="threshold">Labels of a higher probability are said to hold.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static MultiLabelReport Of(ReadOnlySpan<float> targets, ReadOnlySpan<float> probabilities, int labels, double threshold)
    {
        if (targets.Length != probabilities.Length || labels < 1 || targets.Length % labels != 0)
            throw new ArgumentException($"{targets.Length} targets and {probabilities.Length} probabilities of {labels} labels");
        var counts = new Counts[labels];
        var all = new Counts();
        int texts = targets.Length / labels, right = 0;
        for (int text = 0; text < texts; text++)
        {
            bool isRight = true;
            for (int label = 0; label < labels; label++)
            {
                bool holds = targets[text * labels + label] > 0.5f, said = probabilities[text * labels + label] > threshold;
                counts[label].Add(holds, said);
                all.Add(holds, said);
                isRight &= holds == said;
            }
            right += isRight ? 1 : 0;
        }
        ClassScores[] each = [.. counts.Select(count => count.ToScores())];
        return new MultiLabelReport(each, all.ToScores(), Mean(each, _ => 1), Mean(each, scores => scores.Support),
            texts == 0 ? 0 : (double)right / texts, all.Total == 0 ? 0 : (double)(all.FalsePositives + all.FalseNegatives) / all.Total);
    }

    private static ClassScores Mean(ClassScores[] each, Func<ClassScores, double> weight)
    {
        double total = each.Sum(weight);
        double Of(Func<ClassScores, double> score) => total == 0 ? 0 : each.Sum(scores => weight(scores) * score(scores)) / total;
        return new ClassScores(Of(s => s.Precision), Of(s => s.Recall), Of(s => s.F1), Of(s => s.FalsePositiveRate), each.Sum(s => s.Support));
    }

    private struct Counts
    {
        public long TruePositives, FalsePositives, FalseNegatives, Total;

        public void Add(bool holds, bool said)
        {
            Total++;
            if (holds && said)
                TruePositives++;
            else if (said)
                FalsePositives++;
            else if (holds)
                FalseNegatives++;
        }

        public readonly ClassScores ToScores() => new(Ratio(TruePositives, TruePositives + FalsePositives), Ratio(TruePositives, TruePositives + FalseNegatives),
            Ratio(2 * TruePositives, 2 * TruePositives + FalsePositives + FalseNegatives), Ratio(FalsePositives, Total - TruePositives - FalseNegatives), TruePositives + FalseNegatives);

        private static double Ratio(long part, long whole) => whole == 0 ? 0 : (double)part / whole;
    }
}
