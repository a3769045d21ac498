namespace BareBert.Bert.Data;

/// <summary>Which tokens of a split make an example: two runs of tokens, each within one document, or one alone.</summary>
/// <param name="DocumentA">The document of segment A.</param>
/// <param name="StartA">Its first token, counted from the beginning of the split.</param>
/// <param name="LengthA">At least 1.</param>
/// <param name="DocumentB">The document of segment B.</param>
/// <param name="StartB">Its first token.</param>
/// <param name="LengthB">At least 1; 0 where there is no second segment.</param>
/// <param name="IsRandom">B was drawn from another document, or the two were swapped; if not, B follows A.</param>
public readonly record struct ExampleSpan(int DocumentA, long StartA, int LengthA, int DocumentB, long StartB, int LengthB, bool IsRandom)
{
    /// <summary>Tokens of the example, with [CLS] and a [SEP] behind each segment.</summary>
    public int Tokens => LengthA + 2 + (LengthB > 0 ? LengthB + 1 : 0);
}
