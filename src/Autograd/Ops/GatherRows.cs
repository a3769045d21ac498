using BareBert.Kernels;

namespace BareBert.Autograd.Ops;

/// <summary>y[i] = x[rows[i]]: the masked positions, or each sequence's first token.</summary>
public sealed class GatherRows : Op
{
    private Variable _x = null!;
    private Tensor _rows;

    /// <summary>Picks rows.</summary>
    /// <param name="tape">Where it is recorded.</param>
    /// <param name="x">[R, C].</param>
    /// <param name="rows">[n], Int32 in [0, R).</param>
    /// <returns>[n, C].</returns>
    public static Variable Apply(Tape tape, Variable x, Tensor rows)
    {
        var op = tape.Rent<GatherRows>();
        (op._x, op._rows) = (x, rows);
        Tensor y = op.NewOutput(tape, new Shape(("rows", rows.Shape[0]), x.Shape.DimAt(1)), x.RequiresGrad);
        tape.Kernels.Run(new RowGather { Y = y, X = x.Value, Rows = rows });
        return tape.Record(op);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape) => tape.Kernels.Run(new RowScatterAdd { DX = tape.GradOf(_x), DY = Output.Grad, Rows = _rows });
}
