using System.Reflection;

namespace BareBert.Kernels;

/// <summary>The kernels of a training step of a BERT whose rows are multiples of four: known before the first one is launched, so that they are compiled side by side.</summary>
internal static class TrainingStepKernels
{
    /// <summary>For operands of a precision, in the order in which a step comes to them.</summary>
    public static IEnumerable<MethodInfo> Of(Precision precision)
    {
        Delegate[] before = [EmbeddingKernels.Forward, LayerNormKernels.Forward<AlignedRows>, DropoutKernels.Apply<AlignedRows>];
        Delegate[] between =
        [
            LayerNormKernels.ResidualForward<AlignedRows>, EmbeddingKernels.Gather, VocabularyKernels.LossAndGradient, CrossEntropyKernels.Forward, CrossEntropyKernels.Backward,
        ];
        Delegate[] backward =
        [
            AttentionBackwardKernels.Delta, ActivationKernels.Backward<GpuGelu, AlignedRows>, ActivationKernels.Backward<GpuTanh, AlignedRows>,
            LayerNormKernels.Backward<AlignedRows>, ColumnSumKernels.Partials<PlainTerm>, ColumnSumKernels.Partials<NormalisedTerm>, ColumnSumKernels.Total,
            EmbeddingKernels.ScatterAdd, MatMulPartKernels.Sum<AlignedRows>, ReductionKernels.Partials<SumTerm, AlignedRows>, ReductionKernels.Partials<SumTerm, AnyRows>, ReductionKernels.Partials<SquareTerm, AlignedRows>,
            ReductionKernels.AddScaled<AlignedRows>, ReductionKernels.Total, AdamWKernels.Step<AlignedRows>,
        ];
        TensorAttention? tensor = TensorAttention.For(precision, TensorAttentionTile.Cols, aligned: true);
        Delegate[] attention = tensor is null
            ? [AttentionForwardKernel.Run, AttentionBackwardKernels.KeysAndValues, AttentionBackwardKernels.Queries] : [tensor.Forward, tensor.KeysAndValues, tensor.Queries];
        return [.. before.Select(kernel => kernel.Method), .. Multiplies(precision), .. ((Delegate[])[.. attention, .. between, .. backward]).Select(kernel => kernel.Method)];
    }

    // y ← x·wᵀ with each activation of the model, dx ← dy·w, dw ← dyᵀ·x; the smallest ones on the rung that takes anything.
    private static IEnumerable<MethodInfo> Multiplies(Precision precision)
    {
        MatMulRung[] rungs = precision switch
        {
            Precision.Bf16 => [MatMulLadder.TensorCoreBf16, MatMulLadder.WideBf16, MatMulLadder.RegisterTile],
            Precision.Tf32 => [MatMulLadder.TensorCoreTf32, MatMulLadder.RegisterTile],
            _ => [MatMulLadder.DoubleBuffered, MatMulLadder.RegisterTile],
        };
        IEnumerable<MethodInfo> multiplies = rungs.SelectMany(rung => (MethodInfo[])
        [
            rung.Of(false, true, Activation.None), rung.Of(false, true, Activation.Gelu), rung.Of(false, true, Activation.Tanh),
            rung.Of(false, false, Activation.None), rung.Of(true, false, Activation.None),
        ]);
        Delegate[] packing = precision == Precision.Bf16 ? [Bf16Panel.Pack<KInner>, Bf16Panel.Pack<KOuter>] : [];
        return [.. packing.Select(kernel => kernel.Method), .. multiplies];
    }
}
