using BareBert.Autograd;
using BareBert.Autograd.Ops;

namespace BareBert.Bert;

/// <summary>
/// One layer: x = LayerNorm(x + dropout(attention(x)·W)), then x = LayerNorm(x + dropout(f(x·U)·D)).
/// </summary>
internal sealed class EncoderLayer
{
    private readonly BertConfig _config;
    private readonly Parameter _qkvWeight, _qkvBias, _outputWeight, _outputBias, _attentionNormWeight, _attentionNormBias;
    private readonly Parameter _upWeight, _upBias, _downWeight, _downBias, _normWeight, _normBias;

    public EncoderLayer(BertConfig config, ParameterSet parameters, string name)
    {
        _config = config;
        (_qkvWeight, _qkvBias) = (parameters[$"{name}.attention.qkv.weight"], parameters[$"{name}.attention.qkv.bias"]);
        (_outputWeight, _outputBias) = (parameters[$"{name}.attention.output.weight"], parameters[$"{name}.attention.output.bias"]);
        (_attentionNormWeight, _attentionNormBias) = (parameters[$"{name}.attention.norm.weight"], parameters[$"{name}.attention.norm.bias"]);
        (_upWeight, _upBias) = (parameters[$"{name}.ffn.up.weight"], parameters[$"{name}.ffn.up.bias"]);
        (_downWeight, _downBias) = (parameters[$"{name}.ffn.down.weight"], parameters[$"{name}.ffn.down.bias"]);
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

        Variable up = Linear.Apply(tape, x, _upWeight, _upBias, _config.Activation);
        Variable down = Linear.Apply(tape, up, _downWeight, _downBias);
        return ResidualLayerNorm.Apply(tape, x, down, _normWeight, _normBias,
            _config.LayerNormEps, _config.HiddenDropout, inputs.FirstToken);
    }
}
