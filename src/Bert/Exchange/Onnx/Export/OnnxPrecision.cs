namespace BareBert.Bert.Exchange.Onnx;

/// <summary>The numbers in which an exported graph computes.</summary>
public enum OnnxPrecision
{
    /// <summary>As here.</summary>
    Float32,

    /// <summary>Weights and all computing in half precision, but for LayerNorm's mean and variance; results are float32.</summary>
    Float16,

    /// <summary>
    /// Linear layers multiply whole numbers: weights rounded once, a scale for each output, and what they are multiplied by as it comes,
    /// a scale for each tensor. All else is float32.
    /// </summary>
    Int8,
}
