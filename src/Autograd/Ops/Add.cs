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
        tape.Kernels.AddScaled(y, b.Value, scale);
        return tape.Record(op);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        if (_a.RequiresGrad)
            tape.Kernels.AddScaled(tape.GradOf(_a), Output.Grad);
        if (_b.RequiresGrad)
            tape.Kernels.AddScaled(tape.GradOf(_b), Output.Grad, _scale);
    }
}
