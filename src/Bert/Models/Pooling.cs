namespace BareBert.Bert.Models;

/// <summary>How a text's token vectors become one.</summary>
public enum Pooling
{
    /// <summary>The mean over all tokens, [CLS] and [SEP] included.</summary>
    Mean,

    /// <summary>The first token's, [CLS].</summary>
    Cls,
}
