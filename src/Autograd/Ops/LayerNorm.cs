using BareBert.Kernels;

namespace BareBert.Autograd.Ops;

/// <summary>y = (x − mean)·rstd·weight + bias, row by row.</summary>
public sealed class LayerNorm : Op
{
    private Variable _x = null!, _weight = null!, _bias = null!;
    private Tensor _mean, _rstd;

    /// <inheritdoc/>
    public override string Name => _weight is Parameter p ? $"LayerNorm({p.Name})" : base.Name;

    /// <summary>Normalises.</summary>
    /// <param name="tape">Where it is recorded.</param>
    /// <param name="x">[rows, C].</param>
    /// <param name="weight">[C].</param>
    /// <param name="bias">[C].</param>
    /// <param name="eps">Added to the variance.</param>
    /// <returns>[rows, C].</returns>
    public static Variable Apply(Tape tape, Variable x, Variable weight, Variable bias, double eps)
    {
        var op = tape.Rent<LayerNorm>();
        (op._x, op._weight, op._bias) = (x, weight, bias);
        var rows = new Shape(x.Shape.DimAt(0));
        (op._mean, op._rstd) = (op.Save(tape, rows), op.Save(tape, rows));
        Tensor y = op.NewOutput(tape, x.Shape, x.RequiresGrad || weight.RequiresGrad || bias.RequiresGrad);
        tape.Kernels.Run(new LayerNormForward
        {
            Y = y, Mean = op._mean, Rstd = op._rstd, X = x.Value, Weight = weight.Value, Bias = bias.Value, Eps = eps,
        });
        return tape.Record(op);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape) => tape.Kernels.Run(new LayerNormBackward
    {
        DX = tape.GradOf(_x, out bool isNew), OverwriteDX = isNew, DWeight = tape.GradOf(_weight), DBias = tape.GradOf(_bias), DY = Output.Grad, X = _x.Value, Mean = _mean,
        Rstd = _rstd, Weight = _weight.Value,
    });
}
