using BareBert.Autograd;

namespace BareBert.Samples;

/// <summary>y = x·weight/√(mean(x²) + eps), row by row.</summary>
public sealed class RmsNormOp : Op
{
    private Variable _x = null!, _weight = null!;
    private Tensor _rstd;

    /// <inheritdoc/>
    public override string Name => _weight is Parameter p ? $"RmsNorm({p.Name})" : "RmsNorm";

    /// <summary>Normalises.</summary>
    /// <param name="tape">Where it is recorded.</param>
    /// <param name="x">[rows, C].</param>
    /// <param name="weight">[C].</param>
    /// <param name="eps">Added to the mean square.</param>
    /// <returns>[rows, C].</returns>
    public static Variable Apply(Tape tape, Variable x, Variable weight, double eps)
    {
        var op = tape.Rent<RmsNormOp>();
        (op._x, op._weight) = (x, weight);
        op._rstd = op.Save(tape, new Shape(x.Shape.DimAt(0)));
        Tensor y = op.NewOutput(tape, x.Shape, x.RequiresGrad || weight.RequiresGrad);
        tape.Kernels.Run(new RmsNormForward { Y = y, Rstd = op._rstd, X = x.Value, Weight = weight.Value, Eps = eps });
        return tape.Record(op);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape) => tape.Kernels.Run(new RmsNormBackward
    {
        DX = tape.GradOf(_x), DWeight = tape.GradOf(_weight), DY = Output.Grad, X = _x.Value, Rstd = _rstd, Weight = _weight.Value,
    });
}
