namespace BareBert.Bert.Data;

/// <summary>Which tokens of a split make an example: two runs of tokens, each within one document.</summary>
/// <param name="DocumentA">The document of segment A.</param>
/// <param name="StartA">Its first token, counted from the beginning of the split.</param>
/// <param name="LengthA">At least 1.</param>
/// <param name="DocumentB">The document of segment B.</param>
/// <param name="StartB">Its first token.</param>
/// <param name="LengthB">At least 1.</param>
/// <param name="IsRandom">B was drawn from another document; if not, it follows A.</param>
public readonly record struct ExampleSpan(int DocumentA, int StartA, int LengthA, int DocumentB, int StartB, int LengthB, bool IsRandom)
{
    /// <summary>Tokens of the example, with [CLS] and both [SEP].</summary>
    public int Tokens => LengthA + LengthB + 3;
}
