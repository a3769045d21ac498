using BareBert.Kernels;

namespace BareBert.Autograd.Ops;

/// <summary>y = f(x), element by element.</summary>
public sealed class Activate : Op
{
    private Variable _x = null!;
    private Activation _activation;

    /// <summary>Applies f, which is not the identity.</summary>
    public static Variable Apply(Tape tape, Variable x, Activation activation)
    {
        var op = tape.Rent<Activate>();
        (op._x, op._activation) = (x, activation);
        tape.Kernels.Run(new ActivationForward { Y = op.NewOutput(tape, x.Shape, x.RequiresGrad), X = x.Value, Activation = activation });
        return tape.Record(op);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape) =>
        tape.Kernels.Run(new ActivationBackward { DX = tape.GradOf(_x), DY = Output.Grad, X = _x.Value, Activation = _activation });
}
