using System.Globalization;
using static System.FormattableString;

namespace BareBert.Bert.Evaluations;

/// <summary>Evaluations as people read them.</summary>
public static class EvaluationText
{
    // Averages of other kinds and counts stand in metrics.jsonl; the line shows what decides.
    private static bool IsHidden(string name) => name is "masked_tokens" or "nsp_loss" or "sop_loss" or "train_sop_loss" or "train_mlm_loss" or "train_nsp_loss" or "matthews" or "hamming_loss"
        || name.StartsWith("macro_", StringComparison.Ordinal) || name.StartsWith("weighted_", StringComparison.Ordinal);

    /// <summary>A line for each split.</summary>
    public static IEnumerable<string> Lines(double epoch, double seconds, IReadOnlyList<Evaluation> evaluations, bool isBest) => evaluations.Select((evaluation, i) =>
        Invariant($"epoch {epoch:F2}  {evaluation.Split,-5}  ")
        + string.Join("  ", evaluation.Metrics.Where(m => !IsHidden(m.Name)).Select(m => $"{Title(m.Name)} {Value(m)}"))
        + (isBest ? "  (best so far)" : "") + (i == evaluations.Count - 1 ? Invariant($"  in {seconds:F1} s") : ""));

    /// <summary>"mlm_perplexity" as "MLM perplexity".</summary>
    public static string Title(string name)
    {
        string text = name.Replace('_', ' ');
        foreach (string acronym in new[] { "mlm", "nsp", "sop", "auc", "tpr", "fpr", "mrr", "rmse", "mae" })
            text = text.Replace(acronym, acronym.ToUpperInvariant());
        return text.Replace("ndcg", "nDCG");
    }

    /// <summary>A metric of an evaluation as a table's cell: empty where there is no evaluation, n/a where it has no such metric.</summary>
    public static string Cell(EvaluationRecord? record, string name) => record is null ? ""
        : record.Metrics.TryGetValue(name, out double value) ? Value(new Metric(name, value)) : name == "train_loss" ? "" : "n/a";

    /// <summary>A share in per cent, a perplexity or loss with a few digits.</summary>
    public static string Value(Metric metric) => !double.IsFinite(metric.Value) ? "n/a"
        : metric.Name.EndsWith("accuracy", StringComparison.Ordinal) ? Invariant($"{metric.Value:P2}")
        : metric.Name.EndsWith("tokens", StringComparison.Ordinal) || metric.Name is "sentences" or "pairs" or "queries" or "documents" ? Invariant($"{metric.Value:N0}")
        : metric.Name.EndsWith("perplexity", StringComparison.Ordinal) ? metric.Value.ToString(metric.Value < 100 ? "F2" : "N1", CultureInfo.InvariantCulture)
        : Invariant($"{metric.Value:F4}");
}
