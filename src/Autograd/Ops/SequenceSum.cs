using BareBert.Kernels;

namespace BareBert.Autograd.Ops;

/// <summary>One row for each packed sequence: the sum or the mean of its tokens' rows.</summary>
public sealed class SequenceSum : Op
{
    private Variable _x = null!;
    private Tensor _offsets;
    private bool _isMean;

    /// <summary>Sums or averages.</summary>
    /// <param name="tape">Where it is recorded.</param>
    /// <param name="x">[tokens, C].</param>
    /// <param name="offsets">[B + 1], Int32; 0 and tokens for all rows.</param>
    /// <param name="isMean">Divide by the sequence's length.</param>
    /// <returns>[B, C].</returns>
    public static Variable Apply(Tape tape, Variable x, Tensor offsets, bool isMean)
    {
        var op = tape.Rent<SequenceSum>();
        (op._x, op._offsets, op._isMean) = (x, offsets, isMean);
        Tensor y = op.NewOutput(tape, new Shape(("B", offsets.Shape[0] - 1), x.Shape.DimAt(1)), x.RequiresGrad);
        tape.Kernels.Run(new SequenceSumForward { Y = y, X = x.Value, Offsets = offsets, IsMean = isMean });
        return tape.Record(op);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape) =>
        tape.Kernels.Run(new SequenceSumBackward { DX = tape.GradOf(_x), DY = Output.Grad, Offsets = _offsets, IsMean = _isMean });
}
