using BareBert.Kernels;

namespace BareBert.Autograd.Ops;

/// <summary>The sum of each token's word, position and type vectors: [tokens] of ids to [tokens, C].</summary>
public sealed class Embedding : Op
{
    private Variable _word = null!, _position = null!;
    private Variable? _type;
    private Tensor _ids, _positions, _types;

    /// <summary>Looks the vectors up and adds them.</summary>
    /// <param name="tape">Where it is recorded.</param>
    /// <param name="word">[V, C].</param>
    /// <param name="position">[P, C].</param>
    /// <param name="type">[2, C], or none.</param>
    /// <param name="ids">[tokens], Int32.</param>
    /// <param name="positions">[tokens], Int32.</param>
    /// <param name="types">[tokens], Int32; not read where there is no type.</param>
    /// <returns>[tokens, C].</returns>
    public static Variable Apply(
        Tape tape, Variable word, Variable position, Variable? type, Tensor ids, Tensor positions, Tensor types)
    {
        var op = tape.Rent<Embedding>();
        (op._word, op._position, op._type) = (word, position, type);
        (op._ids, op._positions, op._types) = (ids, positions, type is null ? default : types);
        Tensor y = op.NewOutput(tape, new Shape(("tokens", ids.Shape[0]), word.Shape.DimAt(1)),
            word.RequiresGrad || position.RequiresGrad || type is { RequiresGrad: true });
        tape.Kernels.Run(new EmbeddingForward
        {
            Y = y, Word = word.Value, Position = position.Value, Type = type?.Value ?? default, Ids = ids, Positions = positions,
            Types = op._types,
        });
        return tape.Record(op);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape) => tape.Kernels.Run(new EmbeddingBackward
    {
        DWord = tape.GradOf(_word), DPosition = tape.GradOf(_position), DType = _type is null ? default : tape.GradOf(_type),
        DY = Output.Grad, Ids = _ids, Positions = _positions, Types = _types,
    });
}
