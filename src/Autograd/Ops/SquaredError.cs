using BareBert.Kernels;

namespace BareBert.Autograd.Ops;

/// <summary>Squared distances from targets: a loss, and so a root of backward.</summary>
public sealed class SquaredError : Op
{
    private Variable _x = null!;
    private Tensor _targets;
    private double _scale;

    /// <inheritdoc/>
    public override bool IsRoot => true;

    /// <summary>Computes all losses and adds scale·Σ losses to a total.</summary>
    /// <param name="tape">Where it is recorded.</param>
    /// <param name="total">[1], added to; no tensor: not summed.</param>
    /// <param name="x">[rows, outputs].</param>
    /// <param name="targets">[rows, outputs].</param>
    /// <param name="scale">Multiplies the sum: 1/(rows·outputs) for a mean.</param>
    /// <returns>The losses, [rows, outputs].</returns>
    public static Tensor Apply(Tape tape, Tensor total, Variable x, Tensor targets, double scale)
    {
        var op = tape.Rent<SquaredError>();
        (op._x, op._targets, op._scale) = (x, targets, scale);
        Tensor losses = op.NewOutput(tape, x.Shape, x.RequiresGrad);
        tape.Kernels.Run(new SquaredErrorForward { Losses = losses, X = x.Value, Targets = targets });
        if (!total.IsNone)
            tape.Kernels.Run(new Sum { Total = total, X = losses, Scale = scale });
        tape.Record(op);
        return losses;
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape) =>
        tape.Kernels.Run(new SquaredErrorBackward { DX = tape.GradOf(_x), X = _x.Value, Targets = _targets, Scale = _scale });
}
