using BareBert.Kernels;

namespace BareBert.Autograd.Ops;

/// <summary>Softmax cross-entropy of a few classes: a loss, and so a root of backward.</summary>
public sealed class CrossEntropy : Op
{
    private Variable _logits = null!;
    private Tensor _probs, _labels, _classWeights;
    private double _scale, _smoothing;

    /// <inheritdoc/>
    public override bool IsRoot => true;

    /// <summary>Computes the rows' losses and adds scale·Σ losses to a total.</summary>
    /// <param name="tape">Where it is recorded.</param>
    /// <param name="total">[1], added to; no tensor: not summed.</param>
    /// <param name="logits">[rows, classes].</param>
    /// <param name="labels">[rows], Int32; <see cref="Kernels.Labels.Ignore"/> leaves a row out.</param>
    /// <param name="scale">Multiplies the sum: 1/rows for a mean.</param>
    /// <param name="classWeights">[classes], or none.</param>
    /// <param name="smoothing">Label smoothing.</param>
    /// <returns>The rows' losses, [rows], and probabilities, [rows, classes].</returns>
    public static (Tensor Losses, Tensor Probs) Apply(
        Tape tape, Tensor total, Variable logits, Tensor labels, double scale, Tensor classWeights = default, double smoothing = 0)
    {
        var op = tape.Rent<CrossEntropy>();
        (op._logits, op._labels, op._classWeights, op._scale, op._smoothing) = (logits, labels, classWeights, scale, smoothing);
        op._probs = op.Save(tape, logits.Shape);
        Tensor losses = op.NewOutput(tape, new Shape(logits.Shape.DimAt(0)), logits.RequiresGrad);
        tape.Kernels.Run(new CrossEntropyForward
        {
            Losses = losses, Probs = op._probs, Logits = logits.Value, Labels = labels, ClassWeights = classWeights,
            Smoothing = smoothing,
        });
        if (!total.IsNone)
            tape.Kernels.Run(new Sum { Total = total, X = losses, Scale = scale });
        tape.Record(op);
        return (losses, op._probs);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape) =>
        tape.Kernels.Run(new CrossEntropyBackward
        {
            DLogits = tape.GradOf(_logits), Probs = _probs, Labels = _labels, Scale = _scale, ClassWeights = _classWeights,
            Smoothing = _smoothing,
        });
}
