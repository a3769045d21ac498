using BareBert.Kernels;

namespace BareBert.Autograd.Ops;

/// <summary>The softmax of each row.</summary>
public sealed class Softmax : Op
{
    private Variable _x = null!;

    /// <summary>Makes each row positive with the sum 1: [rows, cols].</summary>
    public static Variable Apply(Tape tape, Variable x)
    {
        var op = tape.Rent<Softmax>();
        op._x = x;
        tape.Kernels.Run(new SoftmaxForward { Y = op.NewOutput(tape, x.Shape, x.RequiresGrad), X = x.Value });
        return tape.Record(op);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape) => tape.Kernels.Run(new SoftmaxBackward { DX = tape.GradOf(_x), DY = Output.Grad, Y = Output.Value });
}
