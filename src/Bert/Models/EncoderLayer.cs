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
    private readonly IProjection? _queries, _keysValues;
    private readonly Parameter _attentionNormWeight, _attentionNormBias, _normWeight, _normBias;

    /// <param name="config">The model's sizes.</param>
    /// <param name="parameters">Holds the layer's.</param>
    /// <param name="projection">Gives the linear layer of a name, as "layers.0.ffn.in".</param>
    /// <param name="name">As "layers.0".</param>
    public EncoderLayer(BertConfig config, ParameterSet parameters, Func<string, IProjection> projection, string name)
    {
        _config = config;
        (_qkv, _output) = (projection($"{name}.attention.qkv"), projection($"{name}.attention.output"));
        (_queries, _keysValues) = (_qkv.Part(0, 1, parts: 3), _qkv.Part(1, 2, parts: 3));
        (_in, _out) = (projection($"{name}.ffn.in"), projection($"{name}.ffn.out"));
        (_attentionNormWeight, _attentionNormBias) = (parameters[$"{name}.attention.norm.weight"], parameters[$"{name}.attention.norm.bias"]);
        (_normWeight, _normBias) = (parameters[$"{name}.ffn.norm.weight"], parameters[$"{name}.ffn.norm.bias"]);
    }

    /// <summary>Runs the layer.</summary>
    /// <param name="tape">Where it is recorded.</param>
    /// <param name="x">[tokens, C]; without a watcher it has no value afterwards where nothing is recorded.</param>
    /// <param name="inputs">The batch.</param>
    /// <param name="watcher">Is shown the queries, keys and values.</param>
    /// <returns>[tokens, C].</returns>
    public Variable Forward(Tape tape, Variable x, PackedInputs inputs, IEncoderWatcher? watcher)
    {
        Variable qkv = _qkv.Apply(tape, x, Activation.None, inputs.FirstToken);
        watcher?.OnAttention(qkv);
        Variable attended = Attention.Apply(
            tape, qkv, inputs.Offsets, inputs.MaxLength, _config.Heads, _config.AttentionDropout, inputs.FirstToken);
        if (watcher is null)
            tape.Release(qkv);
        return AfterAttention(tape, x, attended, inputs.FirstToken, watcher);
    }

    /// <summary>Runs the layer for some tokens. Keys and values are all tokens'; the rest is for each token alone, and left out for the others.</summary>
    /// <param name="tape">Where it is recorded.</param>
    /// <param name="x">[tokens, C]; it has no value afterwards where nothing is recorded.</param>
    /// <param name="inputs">The batch.</param>
    /// <param name="wanted">The tokens.</param>
    /// <returns>[n, C].</returns>
    public Variable Forward(Tape tape, Variable x, PackedInputs inputs, WantedTokens wanted)
    {
        // Backward goes the other way: the multiply writes all of x's gradient, and these rows are added to it.
        Variable own = GatherRows.Apply(tape, x, wanted.Rows);
        Variable attended = _queries is null || _keysValues is null ? AttendedOfAll(tape, x, inputs, wanted.Rows) : Attended(tape, x, own, inputs, wanted);
        tape.Release(x);
        return AfterAttention(tape, own, attended, wanted.First, watcher: null);
    }

    private Variable Attended(Tape tape, Variable x, Variable own, PackedInputs inputs, WantedTokens wanted)
    {
        Variable keysValues = _keysValues!.Apply(tape, x, Activation.None, inputs.FirstToken);
        Variable queries = _queries!.Apply(tape, own, Activation.None, wanted.First);
        Variable attended = Attention.Apply(
            tape, queries, keysValues, inputs.Offsets, wanted.Offsets, inputs.MaxLength, _config.Heads, _config.AttentionDropout, wanted.First);
        tape.Release(queries);
        tape.Release(keysValues);
        return attended;
    }

    // Where queries are not to be had without keys and values.
    private Variable AttendedOfAll(Tape tape, Variable x, PackedInputs inputs, Tensor rows)
    {
        Variable qkv = _qkv.Apply(tape, x, Activation.None, inputs.FirstToken);
        Variable all = Attention.Apply(tape, qkv, inputs.Offsets, inputs.MaxLength, _config.Heads, _config.AttentionDropout, inputs.FirstToken);
        tape.Release(qkv);
        Variable attended = GatherRows.Apply(tape, all, rows);
        tape.Release(all);
        return attended;
    }

    private Variable AfterAttention(Tape tape, Variable x, Variable attended, int firstRow, IEncoderWatcher? watcher)
    {
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
}
