using BareBert.Kernels;

namespace BareBert.Bert.Tasks;

/// <summary>One vector of a text, near those of texts that belong to it.</summary>
/// <remarks>Reimers and Gurevych 2019, arXiv:1908.10084.</remarks>
internal sealed class SentenceEmbeddingDefinition : FineTuningDefinition
{
    public override string Name => "embedding";

    public override string ClassSuffix => "Model";

    public override string AutoClass => "AutoModel";

    public override string PipelineTag => "sentence-similarity";

    public override string? PeftType => "FEATURE_EXTRACTION";

    public override bool HasHead => false;

    public override bool IsOfSentences => true;

    public override IReadOnlyList<string> BestBy => ["mrr", "ndcg@10", "recall@1", "spearman", "pearson", "loss"];

    public override int UsualEpochs => 1;

    public override Type OptionsType => typeof(SentenceEmbeddingOptions);

    public override void AddHead(HeadParameters head)
    {
    }

    // Each text is told from the others of its batch.
    internal override bool CutsBatches => false;

    internal override FineTuningRun Open(FineTunerOptions options, IKernels kernels, Action<string> notice) => new SentenceEmbeddingRun(options, kernels).Open(notice);
}
