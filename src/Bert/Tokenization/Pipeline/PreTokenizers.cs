namespace BareBert.Bert.Tokenization;

/// <summary>One after the other.</summary>
internal sealed class PreTokenizerSequence(IReadOnlyList<IPreTokenizer> steps) : IPreTokenizer
{
    public void Apply(WordList words)
    {
        foreach (IPreTokenizer step in steps)
            step.Apply(words);
    }
}

/// <summary>BERT's: at white space, and around every punctuation mark.</summary>
internal sealed class BertPreTokenizer : IPreTokenizer
{
    public void Apply(WordList words)
    {
        words.SplitAt(UnicodeClasses.IsWhiteSpace, SplitBehavior.Removed);
        words.SplitAt(UnicodeClasses.IsPunctuation, SplitBehavior.Isolated);
    }
}

/// <summary>At single characters of a class.</summary>
internal sealed class ClassPreTokenizer(Func<int, bool> isCut, SplitBehavior behavior) : IPreTokenizer
{
    public void Apply(WordList words) => words.SplitAt(isCut, behavior);
}

/// <summary>Runs of word characters and runs of others, without the white space: <c>\w+|[^\w\s]+</c>.</summary>
internal sealed class WhitespacePreTokenizer : IPreTokenizer
{
    public void Apply(WordList words) => words.Split(FindRuns, SplitBehavior.Removed, invert: true);

    private static void FindRuns(MappedText text, int from, int to, List<(int, int)> found)
    {
        var points = text.CodePoints;
        for (int i = from; i < to;)
        {
            int start = i;
            bool isWord = UnicodeClasses.IsWord(points[i]);
            if (!isWord && UnicodeClasses.IsWhiteSpace(points[i]))
            {
                i++;
                continue;
            }
            while (i < to && UnicodeClasses.IsWord(points[i]) == isWord && (isWord || !UnicodeClasses.IsWhiteSpace(points[i])))
                i++;
            found.Add((start, i));
        }
    }
}

/// <summary>At stretches that fit a pattern.</summary>
internal sealed class PatternPreTokenizer(TextPattern pattern, SplitBehavior behavior, bool invert) : IPreTokenizer
{
    public void Apply(WordList words) => words.Split(pattern.Find, behavior, invert);
}

/// <summary>Where a <see cref="MetaspacePreTokenizer"/> puts its mark before a word that has none.</summary>
internal enum PrependScheme
{
    /// <summary>Before every stretch between added tokens.</summary>
    Always,
    /// <summary>Nowhere.</summary>
    Never,
    /// <summary>Before the one that begins the text.</summary>
    First,
}

/// <summary>Sentencepiece's way with spaces: they become "▁", and begin the word behind them.</summary>
internal sealed class MetaspacePreTokenizer(int mark, PrependScheme prepend, bool splits) : IPreTokenizer
{
    public void Apply(WordList words)
    {
        words.Rewrite(Write, new MappedText());
        if (splits)
            words.SplitAt(point => point == mark, SplitBehavior.MergedWithNext);
    }

    private void Write(MappedText text, int from, int to, MappedText into)
    {
        var points = text.CodePoints;
        bool marked = points[from] == mark || points[from] == ' ';
        if (!marked && (prepend == PrependScheme.Always || (prepend == PrependScheme.First && text.StartOf(from) == 0)))
            into.Add(mark, text.StartOf(from), text.StartOf(from));
        for (int i = from; i < to; i++)
            into.Add(points[i] == ' ' ? mark : points[i], text.StartOf(i), text.EndOf(i));
    }
}
