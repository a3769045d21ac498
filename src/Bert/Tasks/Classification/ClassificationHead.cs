using BareBert.Autograd;
using BareBert.Autograd.Ops;
using BareBert.Kernels;

namespace BareBert.Bert.Tasks;

/// <summary>
/// Classes of a text or a pair, from its first token: the pooler where the family has one, then a hidden layer where the
/// configuration asks for one (DistilBERT's own, or the 512-wide one of <see cref="HeadKind.Mlp"/>), dropout, and a linear layer.
/// </summary>
public sealed class ClassificationHead
{
    private readonly Encoder _encoder;
    private readonly Parameter? _hiddenWeight, _hiddenBias;
    private readonly Parameter _outputWeight, _outputBias;
    private readonly double _dropout;
    private readonly bool _hasPooler;

    /// <summary>Finds the head's parameters in a model.</summary>
    /// <param name="model">Laid out for <see cref="BertTasks.Classification"/>.</param>
    public ClassificationHead(BertModel model)
    {
        (_encoder, _dropout, _hasPooler) = (model.Encoder, model.Config.EffectiveClassifierDropout, model.Layout.Contains("pooler.weight"));
        Reading = HeadReading.Of(model.Config.ClassifierPooling);
        if (model.Layout.Contains("classifier.hidden.weight"))
            (_hiddenWeight, _hiddenBias) = (model.Parameters["classifier.hidden.weight"], model.Parameters["classifier.hidden.bias"]);
        (_outputWeight, _outputBias) = (model.Parameters["classifier.output.weight"], model.Parameters["classifier.output.bias"]);
    }

    /// <summary>The classes' scores.</summary>
    /// <param name="tape">The step.</param>
    /// <param name="hidden">[tokens, C], the encoder's output.</param>
    /// <param name="inputs">The batch.</param>
    /// <returns>[B, classes].</returns>
    public Variable Logits(Tape tape, Variable hidden, PackedInputs inputs) => Logits(tape, Reading.Take(tape, hidden, inputs), inputs.FirstSequence);

    /// <summary>What the head reads of the encoder: the first token's output or the mean of all, [B, C].</summary>
    internal HeadReading Reading { get; }

    /// <summary>The classes' scores from features that <see cref="Reading"/> gave.</summary>
    /// <param name="tape">The step.</param>
    /// <param name="features">[B, C].</param>
    /// <param name="firstSequence">Sequences that earlier parts of the same batch had.</param>
    public Variable Logits(Tape tape, Variable features, int firstSequence)
    {
        Variable x = _hasPooler ? _encoder.Pool(tape, features) : features;
        if (_hiddenWeight is not null)
            x = Linear.Apply(tape, x, _hiddenWeight, _hiddenBias, Activation.Relu);
        x = Dropout.Apply(tape, x, _dropout, firstSequence);
        return Linear.Apply(tape, x, _outputWeight, _outputBias);
    }
}
