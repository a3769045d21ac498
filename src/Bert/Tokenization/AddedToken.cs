namespace BareBert.Bert.Tokenization;

/// <summary>
/// A token that is looked for in the text before anything else is done to it and always becomes one id: the special tokens,
/// and what a user added to the vocabulary. The fields are those of Hugging Face's <c>AddedToken</c>.
/// </summary>
/// <param name="Content">As it stands in the text.</param>
/// <param name="Id">Where the model's vocabulary holds it, or behind that vocabulary.</param>
/// <param name="Special"><c>special</c>: it stands for no text, and decoding may leave it out.</param>
/// <param name="Normalized"><c>normalized</c>: look for it in the cleaned text ("Foo" in a lower-cased one as "foo") rather than in the original.</param>
/// <param name="SingleWord"><c>single_word</c>: not within a word.</param>
/// <param name="StripLeft"><c>lstrip</c>: the spaces before it belong to it.</param>
/// <param name="StripRight"><c>rstrip</c>: the spaces behind it belong to it.</param>
public sealed record AddedToken(
    string Content, int Id, bool Special = false, bool Normalized = false, bool SingleWord = false, bool StripLeft = false, bool StripRight = false);
