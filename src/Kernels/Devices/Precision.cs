namespace BareBert.Kernels;

/// <summary>What a device may round the operands of matrix multiplies to. Sums, weights and everything else stay float32.</summary>
public enum Precision
{
    /// <summary>float32: 24 bits of mantissa.</summary>
    Fp32,

    /// <summary>TensorFloat-32: 11 bits of mantissa, float32's exponents. Tensor cores.</summary>
    Tf32,

    /// <summary>bfloat16: 8 bits of mantissa, float32's exponents. Tensor cores at twice TF32's rate.</summary>
    Bf16,
}
