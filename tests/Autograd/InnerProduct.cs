using BareBert.Kernels;
using BareBert.Autograd;

namespace BareBert.Tests;

/// <summary>A loss for gradient checks: total += ⟨x, direction⟩, in double precision on the host.</summary>
public sealed class InnerProduct : Op
{
    private Variable _x = null!;
    private Tensor _direction;

    public override bool IsRoot => true;

    public static void Apply(Tape tape, Tensor total, Variable x, Tensor direction)
    {
        var op = tape.Rent<InnerProduct>();
        (op._x, op._direction) = (x, direction);
        op.NewOutput(tape, new Shape(1), x.RequiresGrad).Zero();
        double[] xs = x.Value.ToArray<double>(), ds = direction.ToArray<double>();
        total.Span<double>()[0] += xs.Zip(ds, (a, b) => a * b).Sum();
        tape.Record(op);
    }

    public override void Backward(Tape tape) => tape.Kernels.Run(new AddScaled { Y = tape.GradOf(_x), X = _direction });
}
