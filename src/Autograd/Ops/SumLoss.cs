using BareBert.Kernels;

namespace BareBert.Autograd.Ops;

/// <summary>Any numbers as a loss: their sum, or with a scale of 1/count their mean. A root of backward.</summary>
public sealed class SumLoss : Op
{
    private Variable _x = null!;
    private double _scale;

    /// <inheritdoc/>
    public override bool IsRoot => true;

    /// <summary>Adds scale·Σ x to a total.</summary>
    /// <param name="tape">Where it is recorded.</param>
    /// <param name="total">[1], added to.</param>
    /// <param name="x">Any shape.</param>
    /// <param name="scale">Multiplies the sum.</param>
    public static void Apply(Tape tape, Tensor total, Variable x, double scale)
    {
        var op = tape.Rent<SumLoss>();
        (op._x, op._scale) = (x, scale);
        op.NewOutput(tape, new Shape(1), x.RequiresGrad).Zero();
        tape.Kernels.Run(new Sum { Total = op.Output.Value, X = x.Value, Scale = scale });
        tape.Kernels.Run(new AddScaled { Y = total, X = op.Output.Value });
        tape.Record(op);
    }

    /// <summary>Every element has the same gradient: that of a sum over one sequence of all of them.</summary>
    public override void Backward(Tape tape)
    {
        Tensor dx = tape.GradOf(_x);
        tape.Kernels.Run(new SequenceSumBackward
        {
            DX = dx.View(new Shape((int)dx.Count, 1)), DY = tape.Constant(new Shape(1, 1), [(float)_scale]).Value,
            Offsets = tape.Upload([0, (int)dx.Count]), IsMean = false,
        });
    }
}
