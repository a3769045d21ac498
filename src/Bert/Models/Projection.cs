using BareBert.Autograd;
using BareBert.Autograd.Ops;
using BareBert.Kernels;

namespace BareBert.Bert.Models;

/// <summary>A linear layer of an encoder layer, as it is applied: with a plain weight, or with what fine-tuning made of it.</summary>
public interface IProjection
{
    /// <summary>f(x·weightᵀ + bias), or what stands for it.</summary>
    /// <param name="tape">Where it is recorded.</param>
    /// <param name="x">[tokens, K].</param>
    /// <param name="activation">f.</param>
    /// <param name="firstToken">Tokens that earlier parts of the same batch had: dropout goes on from there.</param>
    /// <returns>[tokens, N].</returns>
    Variable Apply(Tape tape, Variable x, Activation activation, int firstToken);
}

/// <summary>A weight and a bias.</summary>
internal sealed class LinearProjection(Parameter weight, Parameter bias) : IProjection
{
    /// <inheritdoc/>
    public Variable Apply(Tape tape, Variable x, Activation activation, int firstToken) => Linear.Apply(tape, x, weight, bias, activation);
}

/// <summary>A weight that does not change any more, and a bias: it is packed once for whoever uses the model.</summary>
internal sealed class FixedProjection(Parameter weight, PackedWeight packed, Parameter bias) : IProjection
{
    /// <inheritdoc/>
    public Variable Apply(Tape tape, Variable x, Activation activation, int firstToken)
    {
        if (tape.IsTraining) // gradients of what goes through it, to explain an answer
            return Linear.Apply(tape, x, weight, bias, activation);
        Tensor y = tape.Arena.Allocate(new Shape(x.Shape.DimAt(0), weight.Shape.DimAt(0)), tape.Kernels.ElementType);
        tape.Kernels.Run(new PackedLinearForward { Y = y, X = x.Value, Weight = packed, Bias = bias.Value, Activation = activation });
        return new Variable(y);
    }
}

/// <summary>The same in 8 bits; it is quantised as it is first used. It has no gradient.</summary>
internal sealed class Int8Projection(Lazy<Int8Weight> weight, Parameter bias, bool fineInput) : IProjection
{
    /// <inheritdoc/>
    public Variable Apply(Tape tape, Variable x, Activation activation, int firstToken)
    {
        if (tape.IsTraining)
            throw new InvalidOperationException($"{bias.Name}: nothing goes back through a weight in 8 bits");
        Tensor y = tape.Arena.Allocate(new Shape(x.Shape.DimAt(0), ("N", weight.Value.N)), tape.Kernels.ElementType);
        tape.Kernels.Run(new Int8LinearForward { Y = y, X = x.Value, Weight = weight.Value, FineInput = fineInput, Bias = bias.Value, Activation = activation });
        return new Variable(y);
    }
}

/// <summary>A frozen weight in 4 bits, and a bias.</summary>
internal sealed class Nf4Projection(Nf4Matrix weight, Parameter bias) : IProjection
{
    /// <inheritdoc/>
    public Variable Apply(Tape tape, Variable x, Activation activation, int firstToken)
    {
        Variable y = Nf4Linear.Apply(tape, x, weight, bias.Value);
        return activation == Activation.None ? y : Activate.Apply(tape, y, activation);
    }
}
