using BareBert.Kernels;

namespace BareBert.Autograd.Ops;

/// <summary>y = f(x·weightᵀ + bias): [rows, K] to [rows, N].</summary>
public sealed class Linear : Op
{
    private Variable _x = null!, _weight = null!;
    private Variable? _bias;
    private Activation _activation;
    private Tensor _preActivation;
    private int _first, _outputs;

    /// <inheritdoc/>
    public override string Name => _weight is Parameter p ? $"Linear({p.Name})" : base.Name;

    /// <summary>Applies the layer.</summary>
    /// <param name="tape">Where it is recorded.</param>
    /// <param name="x">[rows, K].</param>
    /// <param name="weight">[N, K].</param>
    /// <param name="bias">[N], or none.</param>
    /// <param name="activation">f.</param>
    /// <returns>[rows, N].</returns>
    public static Variable Apply(Tape tape, Variable x, Variable weight, Variable? bias, Activation activation = Activation.None) =>
        Apply(tape, x, weight, bias, activation, 0, weight.Shape[0]);

    /// <summary>Applies some of the layer's outputs, as if the others were not there.</summary>
    /// <param name="tape">Where it is recorded.</param>
    /// <param name="x">[rows, K].</param>
    /// <param name="weight">[N, K].</param>
    /// <param name="bias">[N], or none.</param>
    /// <param name="activation">f.</param>
    /// <param name="first">The first of the outputs.</param>
    /// <param name="outputs">How many.</param>
    /// <returns>[rows, outputs].</returns>
    public static Variable Apply(Tape tape, Variable x, Variable weight, Variable? bias, Activation activation, int first, int outputs)
    {
        var op = tape.Rent<Linear>();
        (op._x, op._weight, op._bias, op._activation, op._first, op._outputs) = (x, weight, bias, activation, first, outputs);
        var shape = new Shape(x.Shape.DimAt(0), outputs == weight.Shape[0] ? weight.Shape.DimAt(0) : ("N", outputs));
        Tensor y = op.NewOutput(tape, shape, x.RequiresGrad || weight.RequiresGrad || bias is { RequiresGrad: true });
        op._preActivation = activation != Activation.None && op.Output.RequiresGrad ? op.Save(tape, shape) : default;
        tape.Kernels.Run(new LinearForward
        {
            Y = y, PreActivation = op._preActivation, X = x.Value, Weight = op.Part(weight.Value), Bias = bias is null ? default : op.Part(bias.Value), Activation = activation,
        });
        return tape.Record(op);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape) => tape.Kernels.Run(new LinearBackward
    {
        DX = tape.GradOf(_x, out bool isNew), OverwriteDX = isNew, DWeight = Part(tape.GradOf(_weight)), DBias = _bias is null ? default : Part(tape.GradOf(_bias)), DY = Output.Grad,
        X = _x.Value, Weight = Part(_weight.Value), PreActivation = _preActivation, Activation = _activation,
    });

    // The rows of [N, K], or the elements of [N], that are used.
    private Tensor Part(Tensor whole) => whole.IsNone || whole.Shape[0] == _outputs ? whole
        : whole.Shape.Rank == 2 ? whole.RowSlice(_first, _outputs) : whole.Slice(_first, new Shape(_outputs));
}
