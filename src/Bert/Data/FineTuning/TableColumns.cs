namespace BareBert.Bert.Data;

/// <summary>The columns that a table was read from.</summary>
/// <param name="Text">The text's name.</param>
/// <param name="Text2">The second text's; null: there is none.</param>
/// <param name="Label">The label's, or several with commas between.</param>
public sealed record TableColumns(string Text, string? Text2, string Label);
