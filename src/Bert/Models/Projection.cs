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
