using BareBert.Kernels;

namespace BareBert.Autograd.Ops;

/// <summary>The end of every sub-layer: y = LayerNorm(residual + dropout(branch)).</summary>
public sealed class ResidualLayerNorm : Op
{
    private Variable _residual = null!, _branch = null!, _weight = null!, _bias = null!;
    private Tensor _sum, _mean, _rstd;
    private DropoutMask _dropout;

    /// <inheritdoc/>
    public override string Name => _weight is Parameter p ? $"ResidualLayerNorm({p.Name})" : base.Name;

    /// <summary>Applies it. branch's value is overwritten with the sum: its only other reader would be its own op.</summary>
    /// <param name="tape">Where it is recorded.</param>
    /// <param name="residual">[rows, C], the sub-layer's input.</param>
    /// <param name="branch">[rows, C], the sub-layer's output, read by nothing else.</param>
    /// <param name="weight">[C].</param>
    /// <param name="bias">[C].</param>
    /// <param name="eps">Added to the variance.</param>
    /// <param name="dropoutRate">Share of branch dropped.</param>
    /// <param name="firstRow">Rows that earlier parts of the same batch had.</param>
    /// <returns>[rows, C].</returns>
    public static Variable Apply(
        Tape tape, Variable residual, Variable branch, Variable weight, Variable bias, double eps, double dropoutRate, int firstRow = 0)
    {
        var op = tape.Rent<ResidualLayerNorm>();
        (op._residual, op._branch, op._weight, op._bias) = (residual, branch, weight, bias);
        (op._sum, op._dropout) = (op.Overwrite(branch), tape.NextDropout(dropoutRate, firstRow));
        var rows = new Shape(residual.Shape.DimAt(0));
        (op._mean, op._rstd) = (op.Save(tape, rows), op.Save(tape, rows));
        bool requiresGrad = residual.RequiresGrad || branch.RequiresGrad || weight.RequiresGrad || bias.RequiresGrad;
        Tensor y = op.NewOutput(tape, residual.Shape, requiresGrad);
        tape.Kernels.Run(new ResidualLayerNormForward
        {
            Y = y, Sum = op._sum, Mean = op._mean, Rstd = op._rstd, Residual = residual.Value, Branch = op._sum,
            Weight = weight.Value, Bias = bias.Value, Eps = eps, Dropout = op._dropout,
        });
        return tape.Record(op);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape) => tape.Kernels.Run(new ResidualLayerNormBackward
    {
        DResidual = tape.GradOf(_residual, out bool isNewResidual), OverwriteDResidual = isNewResidual,
        DBranch = tape.GradOf(_branch, out bool isNewBranch), OverwriteDBranch = isNewBranch, DWeight = tape.GradOf(_weight), DBias = tape.GradOf(_bias),
        DY = Output.Grad, Sum = _sum, Mean = _mean, Rstd = _rstd, Weight = _weight.Value, Dropout = _dropout,
    });
}
