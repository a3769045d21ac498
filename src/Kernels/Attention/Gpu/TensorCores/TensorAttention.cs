namespace BareBert.Kernels;

/// <summary>The attention kernels on tensor cores for a precision.</summary>
/// <param name="Forward">y and logSumExp.</param>
/// <param name="KeysAndValues">dk and dv.</param>
/// <param name="Queries">dq.</param>
/// <param name="ForwardBytes">Dynamic shared memory.</param>
/// <param name="BackwardBytes">Dynamic shared memory of the other two.</param>
internal sealed record TensorAttention(Delegate Forward, Delegate KeysAndValues, Delegate Queries, int ForwardBytes, int BackwardBytes)
{
    private static readonly TensorAttention Tf32 = Of<Tf32Operands>(), Bf16 = Of<Bf16Operands>();

    /// <summary>
    /// The kernels that a call takes; null: those in float32, which take float32 itself, heads of more than 64 columns, and rows that 16-byte accesses cannot read.
    /// </summary>
    /// <param name="precision">Of operands.</param>
    /// <param name="headSize">D.</param>
    /// <param name="aligned">Whether every head of every token starts at a multiple of 16 bytes.</param>
    public static TensorAttention? For(Precision precision, int headSize, bool aligned) =>
        precision == Precision.Fp32 || headSize > TensorAttentionTile.Cols || !aligned ? null : precision == Precision.Tf32 ? Tf32 : Bf16;

    private static TensorAttention Of<TFormat>() where TFormat : struct, IOperandFormat => new(
        TensorAttentionForwardKernel.Run<TFormat>, TensorAttentionBackwardKernels.KeysAndValues<TFormat>, TensorAttentionBackwardKernels.Queries<TFormat>,
        TensorAttentionForwardKernel.SharedBytes<TFormat>(), TensorAttentionBackwardKernels.SharedBytes<TFormat>());
}
