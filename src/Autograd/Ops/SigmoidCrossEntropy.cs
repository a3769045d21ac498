using BareBert.Kernels;

namespace BareBert.Autograd.Ops;

/// <summary>Cross-entropy of labels that each hold or not: a loss, and so a root of backward.</summary>
public sealed class SigmoidCrossEntropy : Op
{
    private Variable _logits = null!;
    private Tensor _targets, _positiveWeights;
    private double _scale;

    /// <inheritdoc/>
    public override bool IsRoot => true;

    /// <summary>Computes all losses and adds scale·Σ losses to a total.</summary>
    /// <param name="tape">Where it is recorded.</param>
    /// <param name="total">[1], added to; no tensor: not summed.</param>
    /// <param name="logits">[rows, labels].</param>
    /// <param name="targets">[rows, labels], 0 to 1.</param>
    /// <param name="scale">Multiplies the sum: 1/(rows·labels) for a mean.</param>
    /// <param name="positiveWeights">[labels], or none.</param>
    /// <returns>The losses, [rows, labels].</returns>
    public static Tensor Apply(Tape tape, Tensor total, Variable logits, Tensor targets, double scale, Tensor positiveWeights = default)
    {
        var op = tape.Rent<SigmoidCrossEntropy>();
        (op._logits, op._targets, op._positiveWeights, op._scale) = (logits, targets, positiveWeights, scale);
        Tensor losses = op.NewOutput(tape, logits.Shape, logits.RequiresGrad);
        tape.Kernels.Run(new SigmoidCrossEntropyForward { Losses = losses, Logits = logits.Value, Targets = targets, PositiveWeights = positiveWeights });
        if (!total.IsNone)
            tape.Kernels.Run(new Sum { Total = total, X = losses, Scale = scale });
        tape.Record(op);
        return losses;
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape) => tape.Kernels.Run(new SigmoidCrossEntropyBackward
    {
        DLogits = tape.GradOf(_logits), Logits = _logits.Value, Targets = _targets, PositiveWeights = _positiveWeights, Scale = _scale,
    });
}
