namespace BareBert.Bert.Data;

/// <summary>
/// Reads the Stanford Sentiment Treebank from its own files: phrases with values (<c>dictionary.txt</c>,
/// <c>sentiment_labels.txt</c>) and sentences with the official split (<c>datasetSentences.txt</c>, <c>datasetSplit.txt</c>).
/// </summary>
/// <remarks>Socher et al. 2013. Classes as <see cref="SstLabels"/>, by the authors' cut-offs.</remarks>
internal static class SstStanfordDataset
{
    /// <summary>Every phrase that has a value, by id.</summary>
    /// <param name="valuesPath"><c>sentiment_labels.txt</c>: id|value.</param>
    /// <param name="phrasesPath"><c>dictionary.txt</c> (phrase|id), or a file of id and phrase.</param>
    /// <exception cref="InputException">A file cannot be read or is malformed, or no phrase has a value.</exception>
    public static ClassificationDataset ReadPhrases(string valuesPath, string phrasesPath)
    {
        var values = SstStanfordFiles.ReadValues(valuesPath);
        var phrases = SstStanfordFiles.ReadPhrases(phrasesPath);
        List<string> notices = ["phrases of one sentence can fall on both sides of a random split; the official split is by sentence"];
        int noPhrase = values.Keys.Count(id => !phrases.ContainsKey(id)), noValue = phrases.Keys.Count(id => !values.ContainsKey(id));
        if (noPhrase > 0)
            notices.Add($"{noPhrase:N0} values have no phrase and were skipped: {valuesPath}");
        if (noValue > 0)
            notices.Add($"{noValue:N0} phrases have no value and were skipped: {phrasesPath}");
        ClassificationExample[] examples = [.. values.Where(v => phrases.ContainsKey(v.Key)).OrderBy(v => v.Key)
            .Select(v => new ClassificationExample(phrases[v.Key], null, SstLabels.OfValue(v.Value)))];
        return examples.Length > 0
            ? new ClassificationDataset(examples, SstLabels.Names, notices)
            : throw new InputException($"no phrase has a value: {valuesPath} and {phrasesPath}; are they of one data set?");
    }

    /// <summary>The sentences in their official splits, each with the value of the phrase that is the whole sentence.</summary>
    /// <param name="folder">Holds the four files.</param>
    /// <exception cref="InputException">A file is missing or malformed, or a split has no sentence with a value.</exception>
    public static ClassificationSplits ReadSentences(string folder)
    {
        var values = SstStanfordFiles.ReadValues(Path.Combine(folder, "sentiment_labels.txt"));
        var phraseIds = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var (id, phrase) in SstStanfordFiles.ReadPhrases(SstStanfordFiles.PhrasesBeside(Path.Combine(folder, "sentiment_labels.txt"))))
            phraseIds.TryAdd(phrase, id);
        var sentences = SstStanfordFiles.ReadSentences(Path.Combine(folder, "datasetSentences.txt"));
        var split = SstStanfordFiles.ReadSplit(Path.Combine(folder, "datasetSplit.txt"));

        ClassificationDataset Of(int part, string name)
        {
            var sentencesOfPart = sentences.Where(s => split.GetValueOrDefault(s.Key) == part).OrderBy(s => s.Key).Select(s => SstStanfordFiles.Mend(s.Value)).ToArray();
            ClassificationExample[] examples = [.. sentencesOfPart.Where(s => phraseIds.TryGetValue(s, out long id) && values.ContainsKey(id))
                .Select(s => new ClassificationExample(s, null, SstLabels.OfValue(values[phraseIds[s]])))];
            int skipped = sentencesOfPart.Length - examples.Length;
            string[] notices = skipped == 0 ? [] : [$"{skipped:N0} sentences of {name} are not in the dictionary or have no value, and were skipped: {folder}"];
            return examples.Length > 0
                ? new ClassificationDataset(examples, SstLabels.Names, notices)
                : throw new InputException($"no sentence of {name} has a value: {folder}; are its files of one data set?");
        }
        return new ClassificationSplits(Of(1, "train"), Of(3, "dev"), Of(2, "test"));
    }
}
