namespace BareBert.Bert.Evaluations;

/// <summary>BLEU, ROUGE and METEOR of a set of answers, each from 0 to 1.</summary>
/// <param name="Bleu">BLEU of all answers taken as one corpus (4-grams, no smoothing).</param>
/// <param name="SentenceBleu">Mean BLEU of each answer alone, exponential smoothing, n-grams no longer than the answer.</param>
/// <param name="Rouge1">Mean F1 of shared words, Porter-stemmed.</param>
/// <param name="Rouge2">Mean F1 of shared word pairs, Porter-stemmed.</param>
/// <param name="RougeL">Mean F1 of the longest common subsequence, Porter-stemmed.</param>
/// <param name="Meteor">Mean METEOR, exact and stem stages; synonyms are left out.</param>
/// <param name="Total">How many questions they are over: those that have an answer.</param>
public sealed record AnswerTextScores(
    double Bleu, double SentenceBleu, double Rouge1, double Rouge2, double RougeL, double Meteor, int Total)
{
    /// <summary>
    /// Scores answers against the best-fitting of each question's references. Questions without an answer are left out (there is
    /// no text to compare with); a missing or empty prediction scores 0.
    /// </summary>
    /// <returns>Null where no question has an answer.</returns>
    public static AnswerTextScores? Of(IEnumerable<SquadGold> questions, IReadOnlyDictionary<string, string> predictions)
    {
        var asked = questions.Where(q => q.Answers.Count > 0).ToArray();
        if (asked.Length == 0)
            return null;
        string Answer(SquadGold q) => predictions.GetValueOrDefault(q.Id, "");
        string[][] words = [.. asked.Select(q => MetricTokens.Words(Answer(q)))];
        IReadOnlyList<string[]>[] references = [.. asked.Select(q => (IReadOnlyList<string[]>)[.. q.Answers.Distinct().Select(MetricTokens.Words)])];
        RougeScores[] rouge = [.. asked.Select(q => Rouge.Best([.. q.Answers.Distinct()], Answer(q), stem: true))];
        return new AnswerTextScores(
            Evaluations.Bleu.Corpus(words, references),
            words.Zip(references, (w, r) => Evaluations.Bleu.Sentence(w, r)).Average(),
            rouge.Average(r => r.Rouge1.F1),
            rouge.Average(r => r.Rouge2.F1),
            rouge.Average(r => r.RougeL.F1),
            asked.Average(q => Evaluations.Meteor.Best(q.Answers.Distinct(), Answer(q))),
            asked.Length);
    }
}
