using BareBert.Autograd;
using BareBert.Autograd.Ops;

namespace BareBert.Bert;

/// <summary>
/// One layer: x = LayerNorm(x + dropout(attention(x)·W)), then x = LayerNorm(x + dropout(f(x·U)·V)).
/// </summary>
internal sealed class EncoderLayer
{
    private readonly BertConfig _config;
    private readonly Parameter _qkvWeight, _qkvBias, _outputWeight, _outputBias, _attentionNormWeight, _attentionNormBias;
    private readonly Parameter _inWeight, _inBias, _outWeight, _outBias, _normWeight, _normBias;

    public EncoderLayer(BertConfig config, ParameterSet parameters, string name)
    {
        _config = config;
        (_qkvWeight, _qkvBias) = (parameters[$"{name}.attention.qkv.weight"], parameters[$"{name}.attention.qkv.bias"]);
        (_outputWeight, _outputBias) = (parameters[$"{name}.attention.output.weight"], parameters[$"{name}.attention.output.bias"]);
        (_attentionNormWeight, _attentionNormBias) = (parameters[$"{name}.attention.norm.weight"], parameters[$"{name}.attention.norm.bias"]);
        (_inWeight, _inBias) = (parameters[$"{name}.ffn.in.weight"], parameters[$"{name}.ffn.in.bias"]);
        (_outWeight, _outBias) = (parameters[$"{name}.ffn.out.weight"], parameters[$"{name}.ffn.out.bias"]);
        (_normWeight, _normBias) = (parameters[$"{name}.ffn.norm.weight"], parameters[$"{name}.ffn.norm.bias"]);
    }

    public Variable Forward(Tape tape, Variable x, PackedInputs inputs)
    {
        Variable qkv = Linear.Apply(tape, x, _qkvWeight, _qkvBias);
        Variable attended = Attention.Apply(
            tape, qkv, inputs.Offsets, inputs.MaxLength, _config.Heads, _config.AttentionDropout, inputs.FirstToken);
        Variable output = Linear.Apply(tape, attended, _outputWeight, _outputBias);
        x = ResidualLayerNorm.Apply(tape, x, output, _attentionNormWeight, _attentionNormBias,
            _config.LayerNormEps, _config.HiddenDropout, inputs.FirstToken);

        Variable inner = Linear.Apply(tape, x, _inWeight, _inBias, _config.Activation);
        Variable outer = Linear.Apply(tape, inner, _outWeight, _outBias);
        return ResidualLayerNorm.Apply(tape, x, outer, _normWeight, _normBias,
            _config.LayerNormEps, _config.HiddenDropout, inputs.FirstToken);
    }
}
