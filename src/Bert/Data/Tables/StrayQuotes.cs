namespace BareBert.Bert.Data;

/// <summary>Counts rows with a quote where none can begin.</summary>
internal sealed class StrayQuotes
{
    /// <summary>How many.</summary>
    public int Count { get; set; }
}
