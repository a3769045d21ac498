using BareBert.Autograd;
using BareBert.Autograd.Ops;
using BareBert.Kernels;

namespace BareBert.Bert.Tasks;

/// <summary>A class for every word: names, parts of speech.</summary>
internal sealed class TokenClassificationDefinition : FineTuningDefinition
{
    public override string Name => "tokens";

    public override string ClassSuffix => "ForTokenClassification";

    public override string PipelineTag => "token-classification";

    public override string? PeftType => "TOKEN_CLS";

    public override bool HasClasses => true;

    public override int FewestClasses => 2;

    public override IReadOnlyList<string> BestBy => ["f1", "accuracy", "loss"];

    public override int UsualEpochs => 3;

    public override Type OptionsType => typeof(TokenClassificationOptions);

    public override void AddHead(HeadParameters head) => head.AddLinear("classifier.output", "classifier", head.Labels, head.Config.HiddenSize);

    internal override FineTuningRun Open(FineTunerOptions options, IKernels kernels, Action<string> notice) => new TokenClassificationRun(options, kernels).Open(notice);
}

/// <summary>The classes' scores of every token: dropout and a linear layer.</summary>
/// <remarks>Devlin et al. 2018, arXiv:1810.04805, §5.3; <c>classifier</c> of Hugging Face's models.</remarks>
internal sealed class TokenClassificationHead(BertModel model)
{
    private readonly Autograd.Parameter _weight = model.Parameters["classifier.output.weight"], _bias = model.Parameters["classifier.output.bias"];

    // DistilBERT's dropout for classes of texts is not used here.
    private readonly double _dropout = model.Config.Family == ModelFamily.DistilBert ? model.Config.HiddenDropout : model.Config.EffectiveClassifierDropout;

    /// <summary>[tokens, classes] from the encoder's output, [tokens, C].</summary>
    public Variable Logits(Tape tape, Variable hidden, PackedInputs inputs) =>
        Linear.Apply(tape, Dropout.Apply(tape, hidden, _dropout, inputs.FirstToken), _weight, _bias);
}
