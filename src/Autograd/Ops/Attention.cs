using BareBert.Kernels;

namespace BareBert.Autograd.Ops;

/// <summary>Multi-head self-attention of packed sequences: [tokens, 3C] of queries, keys and values to [tokens, C].</summary>
public sealed class Attention : Op
{
    private Variable _qkv = null!;
    private Tensor _offsets, _logSumExp;
    private int _maxLength, _heads;
    private DropoutMask _dropout;
    private bool _isCausal;

    /// <summary>Attends.</summary>
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
        Tape tape, Variable qkv, Tensor offsets, int maxLength, int heads, double dropoutRate, int firstToken = 0, bool isCausal = false)
    {
        var op = tape.Rent<Attention>();
        (op._qkv, op._offsets, op._maxLength, op._heads, op._isCausal) = (qkv, offsets, maxLength, heads, isCausal);
        op._dropout = tape.NextDropout(dropoutRate, firstToken * heads);
        Tensor y = op.NewOutput(tape, new Shape(qkv.Shape.DimAt(0), ("C", qkv.Shape[1] / 3)), qkv.RequiresGrad);
        op._logSumExp = op.Output.RequiresGrad ? op.Save(tape, new Shape(qkv.Shape.DimAt(0), ("heads", heads))) : default;
        tape.Kernels.Run(new AttentionForward
        {
            Y = y, LogSumExp = op._logSumExp, Qkv = qkv.Value, Offsets = offsets, MaxLength = maxLength, Heads = heads,
            Dropout = op._dropout, IsCausal = isCausal,
        });
        return tape.Record(op);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape) => tape.Kernels.Run(new AttentionBackward
    {
        DQkv = tape.GradOf(_qkv, out bool isNew), OverwriteDQkv = isNew, DY = Output.Grad, Y = Output.Value, LogSumExp = _logSumExp, Qkv = _qkv.Value, Offsets = _offsets,
        MaxLength = _maxLength, Heads = _heads, Dropout = _dropout, IsCausal = _isCausal,
    });
}
