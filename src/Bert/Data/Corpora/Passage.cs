namespace BareBert.Bert.Data;

/// <summary>A piece of a corpus that is read as a stream.</summary>
/// <param name="Split">The split that its document is of.</param>
/// <param name="BeginsDocument">Whether it is the first of a document; those after it belong to the same one.</param>
/// <param name="Text">A paragraph, not blank.</param>
/// <param name="IsSentence">It is one sentence already.</param>
internal readonly record struct Passage(Split Split, bool BeginsDocument, string Text, bool IsSentence = false)
{
    /// <summary>Its sentences.</summary>
    public IReadOnlyList<string> Sentences => IsSentence ? [Text] : SentenceSplitter.Split(Text);
}
