using BareBert.Kernels;

namespace BareBert.Bert.Tasks;

/// <summary>Classes of a text or a pair.</summary>
internal sealed class ClassificationDefinition : FineTuningDefinition
{
    public override string Name => "classification";

    public override string ClassSuffix => "ForSequenceClassification";

    public override string PipelineTag => "text-classification";

    public override IReadOnlyList<string> BestBy => ProblemMetrics.AllBestBy;

    public override int UsualEpochs => 3;

    public override string? PeftType => "SEQ_CLS";

    public override bool HasPooler => true;

    // The pooler was trained on first tokens: a mean is no input of its kind.
    public override bool UsesPooler(BertConfig config) => config.ClassifierPooling == Pooling.Cls;

    public override bool HasClasses => true;

    /// <summary>
    /// The output layer, and before it DistilBERT's own hidden layer, or one of <c>classifier_hidden_size</c> that is named as PyTorch
    /// names a Sequential of linear, ReLU, dropout, linear.
    /// </summary>
    public override void AddHead(HeadParameters head)
    {
        int hidden = head.Config.HiddenSize, own = head.Config.ClassifierHiddenSize;
        if (own > 0)
        {
            head.AddLinear("classifier.hidden", "classifier.0", own, hidden);
            head.AddLinear("classifier.output", "classifier.3", head.Labels, own);
            return;
        }
        if (head.Config.Family == ModelFamily.DistilBert)
            head.AddLinear("classifier.hidden", "pre_classifier", hidden, hidden);
        head.AddLinear("classifier.output", "classifier", head.Labels, hidden);
    }

    public override Type OptionsType => typeof(ClassificationOptions);

    internal override FineTuningRun Open(FineTunerOptions options, IKernels kernels, Action<string> notice) => new ClassificationRun(options, kernels).Open(notice);
}
