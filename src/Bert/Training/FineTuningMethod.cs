namespace BareBert.Bert.Training;

/// <summary>What of a model fine-tuning changes.</summary>
public enum FineTuningMethod
{
    /// <summary>Everything.</summary>
    Full,

    /// <summary>The head alone, on features that the encoder computed once.</summary>
    Frozen,

    /// <summary>Bottleneck adapters and the head.</summary>
    Adapter,

    /// <summary>Low-rank products beside the weights, and the head.</summary>
    Lora,

    /// <summary>The same, with the weights themselves in 4 bits.</summary>
    Qlora,
}
