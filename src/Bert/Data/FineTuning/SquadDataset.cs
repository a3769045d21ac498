namespace BareBert.Bert.Data;

/// <summary>An answer as a piece of its context.</summary>
/// <param name="Text">The answer.</param>
/// <param name="Start">Where it starts, in UTF-16 characters (.NET's string index; the file counts Unicode code points).</param>
/// <param name="End">One past its last character.</param>
public readonly record struct SquadAnswer(string Text, int Start, int End);

/// <summary>A question about a paragraph.</summary>
/// <param name="Id">Unique in the data set.</param>
/// <param name="Question">The question.</param>
/// <param name="IsImpossible">Whether the context does not answer it (v2.0).</param>
/// <param name="Answers">The answers that stand in the context where the file says.</param>
/// <param name="AnswerTexts">Every answer text of the file: what evaluation compares with.</param>
public sealed record SquadQuestion(
    string Id, string Question, bool IsImpossible, IReadOnlyList<SquadAnswer> Answers, IReadOnlyList<string> AnswerTexts)
{
    /// <summary>Whether its span is known, or it is known to have none.</summary>
    public bool HasTarget => IsImpossible || Answers.Count > 0;

    /// <summary>Whether nothing is asked.</summary>
    public bool IsEmpty => string.IsNullOrWhiteSpace(Question);
}

/// <summary>A paragraph and the questions about it.</summary>
public sealed record SquadParagraph(string Context, IReadOnlyList<SquadQuestion> Questions);

/// <summary>An article of Wikipedia: its paragraphs never part when the data are split.</summary>
public sealed record SquadArticle(string Title, IReadOnlyList<SquadParagraph> Paragraphs)
{
    /// <summary>How many questions its paragraphs have.</summary>
    public int QuestionCount => Paragraphs.Sum(p => p.Questions.Count);
}

/// <summary>Questions about paragraphs, in the format of SQuAD v1.1 and v2.0.</summary>
/// <param name="Articles">In the order of the file.</param>
/// <param name="HasUnanswerable">Whether some question has no answer: then the rules of v2.0 score it.</param>
/// <param name="SkippedAnswers">How many answers do not stand in the context where the file says.</param>
/// <param name="Notices">One line each: what was skipped or odd.</param>
/// <remarks>Rajpurkar et al. 2016, arXiv:1606.05250; Rajpurkar et al. 2018, arXiv:1806.03822. Read by <see cref="SquadReader"/>.</remarks>
public sealed record SquadDataset(
    IReadOnlyList<SquadArticle> Articles, bool HasUnanswerable, int SkippedAnswers, IReadOnlyList<string> Notices)
{
    private const uint Stream = 0x5371_7541; // draws of this file share no numbers with any other use of the seed

    /// <summary>Every question with its paragraph, in the order of the file.</summary>
    public IEnumerable<(SquadParagraph Paragraph, SquadQuestion Question)> Questions =>
        Articles.SelectMany(a => a.Paragraphs).SelectMany(p => p.Questions, (p, q) => (p, q));

    /// <summary>How many questions there are.</summary>
    public int QuestionCount => Articles.Sum(a => a.QuestionCount);

    /// <summary>At most so many of the questions, from all over the file; null: all.</summary>
    public SquadDataset Sample(int? most)
    {
        HashSet<SquadQuestion> kept = [.. EvenSample.Of([.. Questions.Select(q => q.Question)], most)];
        return kept.Count == QuestionCount ? this : this with
        {
            Articles = [.. Articles.Select(article => article with
            {
                Paragraphs = [.. article.Paragraphs.Select(p => p with { Questions = [.. p.Questions.Where(kept.Contains)] }).Where(p => p.Questions.Count > 0)],
            }).Where(article => article.Paragraphs.Count > 0)],
        };
    }

    /// <summary>Splits off whole articles with about a share of the questions, or one of several folds, so that no paragraph is on both sides.</summary>
    /// <param name="holdout">The share of questions to set aside, above 0 and below 1, or which fold.</param>
    /// <param name="seed">Says which articles are drawn.</param>
    /// <exception cref="InputException">The share is out of range, or there are fewer than two articles with questions.</exception>
    public (SquadDataset Train, SquadDataset Validation) SplitByArticle(Holdout holdout, ulong seed)
    {
        double fraction = holdout.Share;
        if (!(fraction > 0 && fraction < 1))
            throw new InputException($"a split must be above 0 and below 1: {fraction}; 0.2 sets a fifth of the questions aside");
        int[] order = [.. Enumerable.Range(0, Articles.Count).Where(a => Articles[a].QuestionCount > 0)];
        if (order.Length < 2)
            throw new InputException($"data of {order.Length} articles cannot be split by article; give a validation file instead");
        new PhiloxStream(seed, Stream).Shuffle<int>(order);
        SquadDataset Part(HashSet<int> aside, bool isAside) => this with { Articles = [.. Articles.Where((_, a) => aside.Contains(a) == isAside)] };
        if (holdout.Folds > 0)
        {
            HashSet<int> fold = [.. holdout.Of(order).Aside];
            return (Part(fold, false), Part(fold, true));
        }
        double wanted = fraction * QuestionCount;
        var aside = new HashSet<int> { order[0] };
        double taken = Articles[order[0]].QuestionCount;
        foreach (int a in order.Skip(1).Take(order.Length - 2))
        {
            // Take the article if that brings the count nearer to what is wanted.
            if (Math.Abs(taken + Articles[a].QuestionCount - wanted) >= Math.Abs(taken - wanted))
                continue;
            aside.Add(a);
            taken += Articles[a].QuestionCount;
        }
        return (Part(aside, false), Part(aside, true));
    }
}
