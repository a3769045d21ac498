namespace BareBert.Bert.Data;

/// <summary>The three parts of a corpus.</summary>
public enum Split
{
    /// <summary>What the model learns from.</summary>
    Train,

    /// <summary>What decides which checkpoint is the best.</summary>
    Valid,

    /// <summary>What is only ever reported.</summary>
    Test,
}

/// <summary>A text of sentences that belong together and follow one another: an article, a story, a page.</summary>
/// <param name="Sentences">In order; none is empty.</param>
public sealed record Document(IReadOnlyList<string> Sentences);

/// <summary>Documents for training, validation and test.</summary>
/// <param name="Train">May be empty where the source has none; then only evaluation is possible.</param>
/// <param name="Valid">May be empty likewise.</param>
/// <param name="Test">May be empty likewise.</param>
/// <param name="Notices">What the reader did that its user should know, one line each.</param>
public sealed record Corpus(
    IReadOnlyList<Document> Train,
    IReadOnlyList<Document> Valid,
    IReadOnlyList<Document> Test,
    IReadOnlyList<string> Notices)
{
    /// <summary>The documents of one split.</summary>
    public IReadOnlyList<Document> this[Split split] => split switch
    {
        Split.Train => Train,
        Split.Valid => Valid,
        _ => Test,
    };

    /// <summary>Every sentence of a split, document after document: what a vocabulary is trained on.</summary>
    public IEnumerable<string> Sentences(Split split) => this[split].SelectMany(document => document.Sentences);
}
