using BareBert.Kernels;

namespace BareBert.Autograd.Ops;

/// <summary>y = a ∘ b, element by element; b may be one row, which stands for all.</summary>
public sealed class Arithmetic : Op
{
    private Variable _a = null!, _b = null!;
    private ArithmeticOperator _operator;

    /// <summary>Adds, subtracts, multiplies or divides.</summary>
    /// <param name="tape">Where it is recorded.</param>
    /// <param name="a">[rows, cols].</param>
    /// <param name="op">∘.</param>
    /// <param name="b">[rows, cols], or [cols] for every row.</param>
    /// <returns>[rows, cols].</returns>
    public static Variable Apply(Tape tape, Variable a, ArithmeticOperator op, Variable b)
    {
        var arithmetic = tape.Rent<Arithmetic>();
        (arithmetic._a, arithmetic._b, arithmetic._operator) = (a, b, op);
        Tensor y = arithmetic.NewOutput(tape, a.Shape, a.RequiresGrad || b.RequiresGrad);
        tape.Kernels.Run(new ArithmeticForward { Y = y, A = a.Value, B = b.Value, Operator = op });
        return tape.Record(arithmetic);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape) => tape.Kernels.Run(new ArithmeticBackward
    {
        DA = tape.GradOf(_a), DB = tape.GradOf(_b), DY = Output.Grad, A = _a.Value, B = _b.Value, Operator = _operator,
    });
}
