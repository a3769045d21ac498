using BareBert.Kernels;

namespace BareBert.Autograd.Ops;

/// <summary>Multi-head attention within packed sequences: queries, keys and values to [queries, C].</summary>
public sealed class Attention : Op
{
    private Variable _queries = null!, _keysValues = null!;
    private Tensor _offsets, _queryOffsets, _logSumExp;
    private int _maxLength, _heads;
    private DropoutMask _dropout;
    private bool _isCausal;

    /// <summary>Every token attends.</summary>
    /// <param name="tape">Where it is recorded.</param>
    /// <param name="qkv">[tokens, 3C].</param>
    /// <param name="offsets">[B + 1], Int32: where each sequence starts, and the end of the last.</param>
    /// <param name="maxLength">The longest sequence's tokens.</param>
    /// <param name="heads">Number of heads; divides C.</param>
    /// <param name="dropoutRate">Share of the probabilities dropped.</param>
    /// <param name="firstToken">Tokens that earlier parts of the same batch had.</param>
    /// <param name="isCausal">A token sees itself and those before it, none that follow.</param>
    /// <returns>[tokens, C].</returns>
    public static Variable Apply(
        Tape tape, Variable qkv, Tensor offsets, int maxLength, int heads, double dropoutRate, int firstToken = 0, bool isCausal = false) =>
        Apply(tape, qkv, qkv, offsets, default, maxLength, heads, dropoutRate, firstToken, isCausal);

    /// <summary>Some tokens attend, to all of their sequence.</summary>
    /// <param name="tape">Where it is recorded.</param>
    /// <param name="queries">[n, C].</param>
    /// <param name="keysValues">[tokens, 2C].</param>
    /// <param name="offsets">[B + 1], Int32: where each sequence starts, and the end of the last.</param>
    /// <param name="queryOffsets">[B + 1], Int32: where each sequence's queries start, and the end of the last's.</param>
    /// <param name="maxLength">The longest sequence's tokens.</param>
    /// <param name="heads">Number of heads; divides C.</param>
    /// <param name="dropoutRate">Share of the probabilities dropped.</param>
    /// <param name="firstQuery">Queries that earlier parts of the same batch had.</param>
    /// <returns>[n, C].</returns>
    public static Variable Apply(
        Tape tape, Variable queries, Variable keysValues, Tensor offsets, Tensor queryOffsets, int maxLength, int heads, double dropoutRate, int firstQuery = 0) =>
        Apply(tape, queries, keysValues, offsets, queryOffsets, maxLength, heads, dropoutRate, firstQuery, isCausal: false);

    private static Variable Apply(
        Tape tape, Variable queries, Variable keysValues, Tensor offsets, Tensor queryOffsets, int maxLength, int heads, double dropoutRate, int firstQuery, bool isCausal)
    {
        var op = tape.Rent<Attention>();
        (op._queries, op._keysValues, op._offsets, op._queryOffsets, op._maxLength, op._heads, op._isCausal) = (queries, keysValues, offsets, queryOffsets, maxLength, heads, isCausal);
        op._dropout = tape.NextDropout(dropoutRate, firstQuery * heads);
        Dim rows = queries.Shape.DimAt(0);
        Tensor y = op.NewOutput(tape, new Shape(rows, ("C", queryOffsets.IsNone ? queries.Shape[1] / 3 : queries.Shape[1])), queries.RequiresGrad || keysValues.RequiresGrad);
        op._logSumExp = op.Output.RequiresGrad ? op.Save(tape, new Shape(rows, ("heads", heads))) : default;
        tape.Kernels.Run(new AttentionForward
        {
            Y = y, LogSumExp = op._logSumExp, Queries = queries.Value, KeysValues = keysValues.Value, Offsets = offsets, QueryOffsets = queryOffsets,
            MaxLength = maxLength, Heads = heads, Dropout = op._dropout, IsCausal = isCausal,
        });
        return tape.Record(op);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        Tensor dqueries = GradientOf(tape, _queries, out bool areQueriesNew);
        bool areKeysNew = areQueriesNew;
        tape.Kernels.Run(new AttentionBackward
        {
            DQueries = dqueries, OverwriteDQueries = areQueriesNew,
            DKeysValues = _queryOffsets.IsNone ? dqueries : GradientOf(tape, _keysValues, out areKeysNew), OverwriteDKeysValues = areKeysNew,
            DY = Output.Grad, Y = Output.Value, LogSumExp = _logSumExp, Queries = _queries.Value, KeysValues = _keysValues.Value, Offsets = _offsets, QueryOffsets = _queryOffsets,
            MaxLength = _maxLength, Heads = _heads, Dropout = _dropout, IsCausal = _isCausal,
        });
    }

    // The kernel makes both: where only one is wanted, the other goes where nobody reads it.
    private Tensor GradientOf(Tape tape, Variable variable, out bool isNew)
    {
        Tensor wanted = tape.GradOf(variable, out isNew);
        isNew |= wanted.IsNone;
        return wanted.IsNone ? Save(tape, variable.Shape) : wanted;
    }
}
