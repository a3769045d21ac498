using BareBert.Kernels;

namespace BareBert.Autograd.Ops;

/// <summary>y = f(x·weightᵀ + bias): [rows, K] to [rows, N].</summary>
public sealed class Linear : Op
{
    private Variable _x = null!, _weight = null!;
    private Variable? _bias;
    private Activation _activation;
    private Tensor _preActivation;

    /// <inheritdoc/>
    public override string Name => _weight is Parameter p ? $"Linear({p.Name})" : base.Name;

    /// <summary>Applies the layer.</summary>
    /// <param name="tape">Where it is recorded.</param>
    /// <param name="x">[rows, K].</param>
    /// <param name="weight">[N, K].</param>
    /// <param name="bias">[N], or none.</param>
    /// <param name="activation">f.</param>
    /// <returns>[rows, N].</returns>
    public static Variable Apply(Tape tape, Variable x, Variable weight, Variable? bias, Activation activation = Activation.None)
    {
        var op = tape.Rent<Linear>();
        (op._x, op._weight, op._bias, op._activation) = (x, weight, bias, activation);
        var shape = new Shape(x.Shape.DimAt(0), weight.Shape.DimAt(0));
        Tensor y = op.NewOutput(tape, shape, x.RequiresGrad || weight.RequiresGrad || bias is { RequiresGrad: true });
        op._preActivation = activation != Activation.None && op.Output.RequiresGrad ? op.Save(tape, shape) : default;
        tape.Kernels.Run(new LinearForward
        {
            Y = y, PreActivation = op._preActivation, X = x.Value, Weight = weight.Value, Bias = bias?.Value ?? default,
            Activation = activation,
        });
        return tape.Record(op);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape) => tape.Kernels.Run(new LinearBackward
    {
        DX = tape.GradOf(_x, out bool isNew), OverwriteDX = isNew, DWeight = tape.GradOf(_weight), DBias = _bias is null ? default : tape.GradOf(_bias), DY = Output.Grad,
        X = _x.Value, Weight = _weight.Value, PreActivation = _preActivation, Activation = _activation,
    });
}
