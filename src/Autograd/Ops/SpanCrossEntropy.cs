using BareBert.Kernels;

namespace BareBert.Autograd.Ops;

/// <summary>Cross-entropy of an answer's first and last token within its sequence: a loss, and so a root of backward.</summary>
public sealed class SpanCrossEntropy : Op
{
    private Variable _logits = null!;
    private Tensor _probs, _offsets, _starts, _ends;
    private double _scale;

    /// <inheritdoc/>
    public override bool IsRoot => true;

    /// <summary>Computes the sequences' losses and adds scale·Σ losses to a total.</summary>
    /// <param name="tape">Where it is recorded.</param>
    /// <param name="total">[1], added to; no tensor: not summed.</param>
    /// <param name="logits">[tokens, 2], scores of being the first and the last token.</param>
    /// <param name="offsets">[B + 1], where each sequence starts.</param>
    /// <param name="starts">[B], Int32, the first token's index in its sequence; <see cref="Kernels.Labels.Ignore"/> leaves it out.</param>
    /// <param name="ends">[B], Int32, the last token's.</param>
    /// <param name="scale">Multiplies the sum: 1/B for a mean.</param>
    /// <returns>The sequences' losses, [B], and probabilities, [tokens, 2].</returns>
    public static (Tensor Losses, Tensor Probs) Apply(
        Tape tape, Tensor total, Variable logits, Tensor offsets, Tensor starts, Tensor ends, double scale)
    {
        var op = tape.Rent<SpanCrossEntropy>();
        (op._logits, op._offsets, op._starts, op._ends, op._scale) = (logits, offsets, starts, ends, scale);
        op._probs = op.Save(tape, logits.Shape);
        Tensor losses = op.NewOutput(tape, new Shape(starts.Shape.DimAt(0)), logits.RequiresGrad);
        tape.Kernels.Run(new SpanCrossEntropyForward
        {
            Losses = losses, Probs = op._probs, Logits = logits.Value, Offsets = offsets, Starts = starts, Ends = ends,
        });
        if (!total.IsNone)
            tape.Kernels.Run(new Sum { Total = total, X = losses, Scale = scale });
        tape.Record(op);
        return (losses, op._probs);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape) =>
        tape.Kernels.Run(new SpanCrossEntropyBackward
        {
            DLogits = tape.GradOf(_logits), Probs = _probs, Offsets = _offsets, Starts = _starts, Ends = _ends, Scale = _scale,
        });
}
