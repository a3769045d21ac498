using BareBert.Kernels;

namespace BareBert.Autograd.Ops;

/// <summary>y = a + scale·b, of one shape.</summary>
public sealed class Add : Op
{
    private Variable _a = null!, _b = null!;
    private double _scale;

    /// <summary>Adds.</summary>
    public static Variable Apply(Tape tape, Variable a, Variable b, double scale = 1)
    {
        var op = tape.Rent<Add>();
        (op._a, op._b, op._scale) = (a, b, scale);
        Tensor y = op.NewOutput(tape, a.Shape, a.RequiresGrad || b.RequiresGrad);
        y.CopyFrom(a.Value);
        tape.Kernels.Run(new AddScaled { Y = y, X = b.Value, Scale = scale });
        return tape.Record(op);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        if (_a.RequiresGrad)
            tape.Kernels.Run(new AddScaled { Y = tape.GradOf(_a), X = Output.Grad });
        if (_b.RequiresGrad)
            tape.Kernels.Run(new AddScaled { Y = tape.GradOf(_b), X = Output.Grad, Scale = _scale });
    }
}
