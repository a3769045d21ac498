namespace BareBert.Bert.Data;

/// <summary>Reads the Stanford Sentiment Treebank's trees: <c>train.txt</c>, <c>dev.txt</c>, <c>test.txt</c>, one tree a line.</summary>
/// <remarks>Socher et al. 2013. Classes as <see cref="SstLabels"/>.</remarks>
internal static class SstTreeDataset
{
    /// <summary>Reads the three official splits of a folder.</summary>
    /// <param name="folder">Holds the three files, or a folder <c>trees</c> that does.</param>
    /// <param name="trainOnPhrases">Whether every phrase of a training tree is an example, not just the sentence.</param>
    /// <param name="evaluateOnPhrases">The same for validation and test.</param>
    /// <exception cref="InputException">A file is missing or a tree is malformed.</exception>
    public static ClassificationSplits ReadSplits(string folder, bool trainOnPhrases, bool evaluateOnPhrases)
    {
        string trees = Path.Combine(folder, "trees");
        string root = Directory.Exists(trees) ? trees : folder;
        return new ClassificationSplits(
            Read(Path.Combine(root, "train.txt"), trainOnPhrases),
            Read(Path.Combine(root, "dev.txt"), evaluateOnPhrases),
            Read(Path.Combine(root, "test.txt"), evaluateOnPhrases));
    }

    /// <summary>Reads one file; blank lines are skipped.</summary>
    /// <param name="path">One tree a line.</param>
    /// <param name="phrases">Every phrase of every tree in order (a phrase that occurs twice stands there twice), or only whole sentences.</param>
    /// <exception cref="InputException">The file cannot be read, holds no tree, or a tree is malformed.</exception>
    public static ClassificationDataset Read(string path, bool phrases)
    {
        List<ClassificationExample> examples = [];
        int number = 0;
        foreach (string line in TextFile.Read(path).Text.Split('\n'))
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
                examples.AddRange(Phrases(line, path, number).Take(phrases ? int.MaxValue : 1)
                    .Select(p => new ClassificationExample(p.Text, null, SstLabels.OfTreeLabel(p.Label))));
        }
        return examples.Count > 0
            ? new ClassificationDataset(examples, SstLabels.Names, [])
            : throw new InputException($"there is no tree: {path}; give lines like (3 (2 It) (4 works))");
    }

    private static IEnumerable<SstPhrase> Phrases(string line, string path, int number)
    {
        try
        {
            return SstTree.Parse(line);
        }
        catch (FormatException e)
        {
            throw new InputException($"not a sentiment tree, {e.Message}: {path}, line {number}; give lines like (3 (2 It) (4 works))", e);
        }
    }
}
