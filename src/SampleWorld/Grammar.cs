namespace BareBert.Sample;

/// <summary>
/// What an article can say, and how likely: a hero, topics (facts drawn once an article), and kinds of sentences about them.
/// </summary>
/// <remarks>
/// Its shape is what makes exact inference cheap: a sentence depends on the hero and on one topic only, so that, the hero
/// given, the topics are independent of one another (see <see cref="OptimalReader"/>).
/// </remarks>
public sealed class Grammar
{
    internal Grammar(Fact hero, IReadOnlyList<Fact> topics, IReadOnlyList<SentenceKind> kinds, IReadOnlyList<string> words)
    {
        (Hero, Topics, Kinds, Words) = (hero, topics, kinds, words);
    }

    /// <summary>Who the article is about.</summary>
    public Fact Hero { get; }

    /// <summary>What else may hold in an article; an article speaks of some of them.</summary>
    public IReadOnlyList<Fact> Topics { get; }

    /// <summary>Every kind of sentence.</summary>
    public IReadOnlyList<SentenceKind> Kinds { get; }

    /// <summary>Every word and mark that can occur, as written inside a sentence; a word's number is its index.</summary>
    public IReadOnlyList<string> Words { get; }

    /// <summary>Reads a grammar in the notation of <see cref="World"/>.</summary>
    /// <exception cref="FormatException">The text is not in that notation.</exception>
    public static Grammar Parse(string text) => new GrammarParser(text).Parse();
}

/// <summary>Something that is drawn once an article and then holds: one row of a table, every row equally likely.</summary>
/// <param name="Name">As it is called in phrasings.</param>
/// <param name="Columns">What is known with each value; the first column names the value.</param>
/// <param name="Values">[values][columns] numbers of words.</param>
public sealed record Fact(string Name, IReadOnlyList<string> Columns, IReadOnlyList<int[]> Values);

/// <summary>What part a kind of sentence plays in an article.</summary>
public enum Role
{
    /// <summary>Begins the article.</summary>
    Opening,

    /// <summary>Introduces a topic.</summary>
    Tell,

    /// <summary>Comes back to a topic.</summary>
    Recall,
}

/// <summary>A kind of sentence: ways of saying something about the hero and at most one topic, each equally likely.</summary>
/// <param name="Role">Where it belongs.</param>
/// <param name="Topic">Index of the topic, −1 for none.</param>
/// <param name="Phrasings">[phrasings][length] slots. All have the same length, so that where sentences begin does not tell which was chosen.</param>
public sealed record SentenceKind(Role Role, int Topic, IReadOnlyList<Slot[]> Phrasings)
{
    /// <summary>Words and marks in a sentence of this kind.</summary>
    public int Length => Phrasings[0].Length;
}

/// <summary>One place in a phrasing: an even choice among words that are fixed or looked up in the hero's or the topic's row.</summary>
/// <param name="Choices">At least one.</param>
public sealed record Slot(IReadOnlyList<Choice> Choices)
{
    /// <summary>Whether the word depends on neither hero nor topic.</summary>
    public bool IsFixed { get; } = Choices.All(c => c.Source == ChoiceSource.Word);
}

/// <summary>Where a <see cref="Choice"/> finds its word.</summary>
public enum ChoiceSource
{
    /// <summary>It is the word.</summary>
    Word,

    /// <summary>In a column of the hero's row.</summary>
    Hero,

    /// <summary>In a column of the topic's row.</summary>
    Topic,
}

/// <summary>One alternative of a <see cref="Slot"/>.</summary>
/// <param name="Source">Where to look.</param>
/// <param name="Index">The number of the word, or the column.</param>
public readonly record struct Choice(ChoiceSource Source, int Index)
{
    /// <summary>The word's number.</summary>
    /// <param name="hero">The hero's row.</param>
    /// <param name="topic">The topic's row; empty where the sentence has none.</param>
    public int Word(ReadOnlySpan<int> hero, ReadOnlySpan<int> topic) => Source switch
    {
        ChoiceSource.Word => Index,
        ChoiceSource.Hero => hero[Index],
        _ => topic[Index],
    };
}
