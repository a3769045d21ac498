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

    public Variable Forward(Tape tape, Variable x, PackedInputs inputs, IEncoderWatcher? watcher)
    {
        Variable qkv = _qkv.Apply(tape, x, Activation.None, inputs.FirstToken);
        watcher?.OnAttention(qkv);
        Variable attended = Attention.Apply(
            tape, qkv, inputs.Offsets, inputs.MaxLength, _config.Heads, _config.AttentionDropout, inputs.FirstToken);
        Variable output = _output.Apply(tape, attended, Activation.None, inputs.FirstToken);
        x = ResidualLayerNorm.Apply(tape, x, output, _attentionNormWeight, _attentionNormBias,
            _config.LayerNormEps, _config.HiddenDropout, inputs.FirstToken);

        Variable inner = _in.Apply(tape, x, _config.Activation, inputs.FirstToken);
        Variable outer = _out.Apply(tape, inner, Activation.None, inputs.FirstToken);
        return ResidualLayerNorm.Apply(tape, x, outer, _normWeight, _normBias,
            _config.LayerNormEps, _config.HiddenDropout, inputs.FirstToken);
    }
}
