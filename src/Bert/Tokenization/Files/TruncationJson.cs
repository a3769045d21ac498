namespace BareBert.Bert.Tokenization;

/// <summary>The <c>truncation</c> of a <c>tokenizer.json</c>.</summary>
internal static class TruncationJson
{
    /// <exception cref="InputException">Wrong.</exception>
    public static SequenceOptions Read(JsonFields json) => new(
        json.Require("max_length", json.Natural("max_length")),
        json.Text("strategy") switch
        {
            null or "LongestFirst" => Truncation.LongestFirst,
            "OnlyFirst" => Truncation.OnlyFirst,
            "OnlySecond" => Truncation.OnlySecond,
            string name => throw json.Wrong("strategy", $"{Printable.Quote(name)} is none that is known"),
        },
        json.Natural("stride") ?? 0,
        Side: json.Text("direction") switch
        {
            null or "Right" => TruncationSide.Right,
            "Left" => TruncationSide.Left,
            string name => throw json.Wrong("direction", $"{Printable.Quote(name)} is none that is known"),
        });
}
