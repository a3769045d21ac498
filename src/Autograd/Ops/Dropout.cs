using BareBert.Kernels;

namespace BareBert.Autograd.Ops;

/// <summary>Zeroes a share of the elements and scales the others; in evaluation the input itself.</summary>
public sealed class Dropout : Op
{
    private Variable _x = null!;
    private DropoutMask _mask;

    /// <summary>Applies the tape's next dropout mask to x, [rows, cols].</summary>
    /// <param name="tape">Where it is recorded.</param>
    /// <param name="x">[rows, cols].</param>
    /// <param name="rate">Share of elements dropped.</param>
    /// <param name="firstRow">Rows that earlier parts of the same batch had.</param>
    public static Variable Apply(Tape tape, Variable x, double rate, int firstRow = 0)
    {
        DropoutMask mask = tape.NextDropout(rate, firstRow);
        if (mask.IsNone)
            return x;
        var op = tape.Rent<Dropout>();
        (op._x, op._mask) = (x, mask);
        tape.Kernels.Run(new DropoutForward { Y = op.NewOutput(tape, x.Shape, x.RequiresGrad), X = x.Value, Dropout = mask });
        return tape.Record(op);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape) => tape.Kernels.Run(new DropoutBackward { DX = tape.GradOf(_x), DY = Output.Grad, Dropout = _mask });
}
