using BareBert.Kernels;

namespace BareBert.Autograd.Ops;

/// <summary>The masked-language-model loss over the whole vocabulary: a loss, and so a root of backward.</summary>
public sealed class VocabularyCrossEntropy : Op
{
    private Variable _weight = null!;

    /// <inheritdoc/>
    public override string Name => _weight is Parameter p ? $"VocabularyCrossEntropy({p.Name})" : base.Name;

    /// <inheritdoc/>
    public override bool IsRoot => true;

    /// <summary>Computes the rows' losses, adds scale·Σ losses to a total, and in training the gradients with them.</summary>
    /// <param name="tape">Where it is recorded.</param>
    /// <param name="total">[1], added to.</param>
    /// <param name="predictions">[rows], Int32, the likeliest words; no tensor: not wanted.</param>
    /// <param name="x">[rows, C].</param>
    /// <param name="weight">[V, C].</param>
    /// <param name="bias">[V].</param>
    /// <param name="labels">[rows], Int32 in [0, V).</param>
    /// <param name="scale">Multiplies the sum.</param>
    /// <returns>The rows' losses, [rows].</returns>
    public static Tensor Apply(
        Tape tape, Tensor total, Tensor predictions, Variable x, Variable weight, Variable bias, Tensor labels, double scale)
    {
        var op = tape.Rent<VocabularyCrossEntropy>();
        op._weight = weight;
        Tensor losses = op.NewOutput(tape, new Shape(x.Shape.DimAt(0)),
            x.RequiresGrad || weight.RequiresGrad || bias.RequiresGrad);
        bool training = op.Output.RequiresGrad;
        tape.Kernels.Run(new VocabularyLoss
        {
            Losses = losses, Predictions = predictions, DX = training ? tape.GradOf(x) : default,
            DWeight = training ? tape.GradOf(weight) : default, DBias = training ? tape.GradOf(bias) : default, X = x.Value,
            Weight = weight.Value, Bias = bias.Value, Labels = labels, Scale = scale,
        });
        tape.Kernels.Run(new Sum { Total = total, X = losses, Scale = scale });
        tape.Record(op);
        return losses;
    }

    /// <summary>Nothing is left to do: the kernel added the gradients while each chunk's logits were at hand.</summary>
    public override void Backward(Tape tape) { }
}
