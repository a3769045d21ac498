using BareBert.Autograd;
using BareBert.Autograd.Ops;
using BareBert.Kernels;

namespace BareBert.Bert.Models;

/// <summary>
/// One layer: x = LayerNorm(x + dropout(attention(x)·W)), then x = LayerNorm(x + dropout(f(x·U)·V)).
/// </summary>
internal sealed class EncoderLayer
{
    private readonly BertConfig _config;
    private readonly IProjection _qkv, _output, _in, _out;
    private readonly Parameter _attentionNormWeight, _attentionNormBias, _normWeight, _normBias;

    /// <param name="config">The model's sizes.</param>
    /// <param name="parameters">Holds the layer's.</param>
    /// <param name="projection">Gives the linear layer of a name, as "layers.0.ffn.in".</param>
    /// <param name="name">As "layers.0".</param>
    public EncoderLayer(BertConfig config, ParameterSet parameters, Func<string, IProjection> projection, string name)
    {
        _config = config;
        (_qkv, _output) = (projection($"{name}.attention.qkv"), projection($"{name}.attention.output"));
        (_in, _out) = (projection($"{name}.ffn.in"), projection($"{name}.ffn.out"));
        (_attentionNormWeight, _attentionNormBias) = (parameters[$"{name}.attention.norm.weight"], parameters[$"{name}.attention.norm.bias"]);
        (_normWeight, _normBias) = (parameters[$"{name}.ffn.norm.weight"], parameters[$"{name}.ffn.norm.bias"]);
    }

    /// <summary>Runs the layer.</summary>
    /// <param name="tape">Where it is recorded.</param>
    /// <param name="x">[tokens, C]; without a watcher it has no value afterwards where nothing is recorded.</param>
    /// <param name="inputs">The batch.</param>
    /// <param name="watcher">Is shown the queries, keys and values.</param>
    /// <param name="rows">[n], Int32: the tokens whose output is wanted; no tensor: all.</param>
    /// <param name="firstRow">Rows that earlier micro-batches of the same step had; not read where all tokens are wanted.</param>
    /// <returns>[tokens, C] or [n, C].</returns>
    public Variable Forward(Tape tape, Variable x, PackedInputs inputs, IEncoderWatcher? watcher, Tensor rows = default, int firstRow = 0)
    {
        Variable qkv = _qkv.Apply(tape, x, Activation.None, inputs.FirstToken);
        watcher?.OnAttention(qkv);
        Variable attended = Attention.Apply(
            tape, qkv, inputs.Offsets, inputs.MaxLength, _config.Heads, _config.AttentionDropout, inputs.FirstToken);
        if (watcher is null)
            tape.Release(qkv);
        // Every token is looked at; what follows is for each token alone.
        if (rows.IsNone)
            firstRow = inputs.FirstToken;
        else
            (attended, x) = (Only(tape, attended, rows), Only(tape, x, rows));
        Variable output = _output.Apply(tape, attended, Activation.None, firstRow);
        tape.Release(attended);
        Variable middle = Normalised(tape, x, output, _attentionNormWeight, _attentionNormBias, firstRow, keeps: watcher is not null);
        Variable inner = _in.Apply(tape, middle, _config.Activation, firstRow);
        Variable outer = _out.Apply(tape, inner, Activation.None, firstRow);
        tape.Release(inner);
        return Normalised(tape, middle, outer, _normWeight, _normBias, firstRow, keeps: false);
    }

    private Variable Normalised(Tape tape, Variable x, Variable branch, Parameter weight, Parameter bias, int firstRow, bool keeps)
    {
        Variable y = ResidualLayerNorm.Apply(tape, x, branch, weight, bias, _config.LayerNormEps, _config.HiddenDropout, firstRow);
        tape.Release(branch);
        if (!keeps)
            tape.Release(x);
        return y;
    }

    private static Variable Only(Tape tape, Variable x, Tensor rows)
    {
        Variable chosen = GatherRows.Apply(tape, x, rows);
        tape.Release(x);
        return chosen;
    }
}
