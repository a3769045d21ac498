namespace BareBert.Bert.Tasks;

/// <summary>What a model said of the words of labelled sentences.</summary>
/// <param name="Split">"valid" or "test".</param>
/// <param name="Loss">Mean cross-entropy of the words.</param>
/// <param name="Sentences">With the true labels.</param>
/// <param name="Predictions">For each sentence a label a word.</param>
public sealed record TokenOutcome(string Split, double Loss, IReadOnlyList<LabelledSentence> Sentences, IReadOnlyList<IReadOnlyList<string>> Predictions)
{
    /// <summary>Loss, the share of right words, and precision, recall and F1 of whole entities.</summary>
    /// <remarks>Entities as conlleval counts them: right where type, first and last word are.</remarks>
    public Evaluation ToEvaluation()
    {
        int words = 0, rightWords = 0, found = 0, wanted = 0, right = 0;
        foreach ((LabelledSentence sentence, IReadOnlyList<string> predicted) in Sentences.Zip(Predictions))
        {
            words += predicted.Count;
            rightWords += sentence.Labels.Zip(predicted).Count(pair => pair.First == pair.Second);
            HashSet<(string, int, int)> truth = [.. Entities(sentence.Labels)], said = [.. Entities(predicted)];
            (wanted, found, right) = (wanted + truth.Count, found + said.Count, right + truth.Intersect(said).Count());
        }
        double precision = found > 0 ? (double)right / found : 0, recall = wanted > 0 ? (double)right / wanted : 0;
        return new Evaluation(Split,
        [
            new("loss", Loss), new("accuracy", (double)rightWords / words), new("precision", precision), new("recall", recall),
            new("f1", precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0),
        ]);
    }

    /// <summary>The entities that labels such as B-PER, I-PER, O (or E-, S- of IOBES) stand for; a label without a dash is a type of one word each.</summary>
    /// <returns>Type, first word, one past the last.</returns>
    public static IEnumerable<(string Type, int Start, int End)> Entities(IReadOnlyList<string> labels)
    {
        int start = -1;
        for (int i = 0; i <= labels.Count; i++)
        {
            (char prefix, string type) = i < labels.Count ? Split(labels[i]) : ('O', "");
            (char before, string earlier) = i > 0 ? Split(labels[i - 1]) : ('O', "");
            bool goesOn = start >= 0 && prefix is 'I' or 'E' && type == earlier && before is not ('E' or 'S');
            if (start >= 0 && !goesOn)
            {
                yield return (earlier, start, i);
                start = -1;
            }
            if (start < 0 && prefix != 'O')
                start = i;
        }

        static (char, string) Split(string label) => label == "O" ? ('O', "") : label.Length > 2 && label[1] == '-' ? (label[0], label[2..]) : ('S', label);
    }
}
