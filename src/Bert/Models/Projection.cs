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

    /// <summary>Some of the outputs as a layer of their own, which shares the weight.</summary>
    /// <param name="first">The first part.</param>
    /// <param name="count">How many parts.</param>
    /// <param name="parts">How many equal parts the outputs fall into.</param>
    /// <returns>Null: the outputs are only there together.</returns>
    IProjection? Part(int first, int count, int parts);
}

/// <summary>Which outputs of a linear layer a projection has.</summary>
/// <param name="First">The first one.</param>
/// <param name="Count">How many.</param>
internal readonly record struct Outputs(int First, int Count)
{
    /// <summary>All outputs of a weight, [N, K].</summary>
    public static Outputs Of(Parameter weight) => new(0, weight.Shape[0]);

    /// <summary>Some of the equal parts that these fall into.</summary>
    public Outputs Part(int first, int count, int parts) => new(First + first * (Count / parts), count * (Count / parts));
}

/// <summary>A weight and a bias.</summary>
internal sealed class LinearProjection(Parameter weight, Parameter bias, Outputs outputs) : IProjection
{
    /// <summary>With all outputs.</summary>
    public static IProjection Of(Parameter weight, Parameter bias) => new LinearProjection(weight, bias, Outputs.Of(weight));

    /// <inheritdoc/>
    public Variable Apply(Tape tape, Variable x, Activation activation, int firstToken) =>
        Linear.Apply(tape, x, weight, bias, activation, outputs.First, outputs.Count);

    /// <inheritdoc/>
    public IProjection Part(int first, int count, int parts) => new LinearProjection(weight, bias, outputs.Part(first, count, parts));
}

/// <summary>A weight that does not change any more, and a bias: it is packed once for whoever uses the model.</summary>
internal sealed class FixedProjection(FixedWeights weights, Parameter weight, Parameter bias, Outputs outputs) : IProjection
{
    private readonly PackedWeight _packed = weights.Packed(weight, outputs);
    private readonly LinearProjection _plain = new(weight, bias, outputs);

    /// <inheritdoc/>
    public Variable Apply(Tape tape, Variable x, Activation activation, int firstToken)
    {
        if (tape.IsTraining) // gradients of what goes through it, to explain an answer
            return _plain.Apply(tape, x, activation, firstToken);
        Tensor y = tape.Arena.Allocate(new Shape(x.Shape.DimAt(0), ("N", outputs.Count)), tape.Kernels.ElementType);
        tape.Kernels.Run(new PackedLinearForward { Y = y, X = x.Value, Weight = _packed, Bias = bias.Value.Slice(outputs.First, new Shape(outputs.Count)), Activation = activation });
        return new Variable(y);
    }

    /// <inheritdoc/>
    public IProjection Part(int first, int count, int parts) => new FixedProjection(weights, weight, bias, outputs.Part(first, count, parts));
}

/// <summary>The same in 8 bits; it is quantised as it is first used. It has no gradient.</summary>
internal sealed class Int8Projection(FixedWeights weights, Parameter weight, Parameter bias, Outputs outputs) : IProjection
{
    private readonly Lazy<Int8Weight> _quantized = weights.Quantized(weight, outputs);

    /// <inheritdoc/>
    public Variable Apply(Tape tape, Variable x, Activation activation, int firstToken)
    {
        if (tape.IsTraining)
            throw new InvalidOperationException($"{bias.Name}: nothing goes back through a weight in 8 bits");
        Tensor y = tape.Arena.Allocate(new Shape(x.Shape.DimAt(0), ("N", outputs.Count)), tape.Kernels.ElementType);
        tape.Kernels.Run(new Int8LinearForward
        {
            Y = y, X = x.Value, Weight = _quantized.Value, Bias = bias.Value.Slice(outputs.First, new Shape(outputs.Count)), Activation = activation,
        });
        return new Variable(y);
    }

    /// <inheritdoc/>
    public IProjection Part(int first, int count, int parts) => new Int8Projection(weights, weight, bias, outputs.Part(first, count, parts));
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

    /// <inheritdoc/>
    public IProjection? Part(int first, int count, int parts) => null; // scales of scales reach across rows
}
