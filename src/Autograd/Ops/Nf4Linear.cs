using BareBert.Kernels;

namespace BareBert.Autograd.Ops;

/// <summary>y = x·weightᵀ + bias with a frozen weight in 4 bits: [rows, K] to [rows, N].</summary>
public sealed class Nf4Linear : Op
{
    private Variable _x = null!;
    private Nf4Matrix _weight;

    /// <summary>Applies the layer. Neither weight nor bias has a gradient.</summary>
    /// <param name="tape">Where it is recorded.</param>
    /// <param name="x">[rows, K].</param>
    /// <param name="weight">[N, K].</param>
    /// <param name="bias">[N], or none.</param>
    /// <returns>[rows, N].</returns>
    public static Variable Apply(Tape tape, Variable x, Nf4Matrix weight, Tensor bias)
    {
        var op = tape.Rent<Nf4Linear>();
        (op._x, op._weight) = (x, weight);
        Tensor y = op.NewOutput(tape, new Shape(x.Shape.DimAt(0), weight.N), x.RequiresGrad);
        tape.Kernels.Run(new Nf4LinearForward { Y = y, X = x.Value, Weight = weight, Bias = bias });
        return tape.Record(op);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape) => tape.Kernels.Run(new Nf4LinearBackward { DX = tape.GradOf(_x), DY = Output.Grad, Weight = _weight });
}
