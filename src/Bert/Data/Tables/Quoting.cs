namespace BareBert.Bert.Data;

/// <summary>What quotes mean in a CSV or TSV file.</summary>
public enum Quoting
{
    /// <summary>Whatever fits the file's rows and columns.</summary>
    Auto,

    /// <summary>They stand around a cell, which may then hold anything; doubled inside (RFC 4180).</summary>
    Double,

    /// <summary>They are text like any other.</summary>
    None,
}
