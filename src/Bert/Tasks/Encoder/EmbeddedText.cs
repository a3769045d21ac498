namespace BareBert.Bert.Tasks;

/// <summary>A text's vector, and how many tokens the text has.</summary>
internal readonly record struct EmbeddedText(float[] Vector, int Tokens);
