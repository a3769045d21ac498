namespace BareBert.Bert.Data;

/// <summary>Whether a table must have labels.</summary>
internal enum LabelNeed
{
    /// <summary>It must.</summary>
    Required,

    /// <summary>It may.</summary>
    Optional,

    /// <summary>They are not looked for.</summary>
    None,
}
