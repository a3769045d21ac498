using BareBert.Kernels;

namespace BareBert.Autograd.Ops;

/// <summary>Brings each row to length 1, so that products of rows are cosines.</summary>
public sealed class RowNormalisation : Op
{
    private Variable _x = null!;
    private Tensor _inverseLength;

    /// <summary>Normalises.</summary>
    /// <param name="tape">Where it is recorded.</param>
    /// <param name="x">[rows, C].</param>
    /// <param name="eps">Added to the sum of squares.</param>
    /// <returns>[rows, C].</returns>
    public static Variable Apply(Tape tape, Variable x, double eps = 1e-12)
    {
        var op = tape.Rent<RowNormalisation>();
        (op._x, op._inverseLength) = (x, op.Save(tape, new Shape(x.Shape.DimAt(0))));
        Tensor y = op.NewOutput(tape, x.Shape, x.RequiresGrad);
        tape.Kernels.Run(new RowNormalisationForward { Y = y, InverseLength = op._inverseLength, X = x.Value, Eps = eps });
        return tape.Record(op);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape) => tape.Kernels.Run(new RowNormalisationBackward
    {
        DX = tape.GradOf(_x), DY = Output.Grad, Y = Output.Value, InverseLength = _inverseLength,
    });
}
