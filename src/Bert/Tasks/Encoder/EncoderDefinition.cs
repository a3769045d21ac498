namespace BareBert.Bert.Tasks;

/// <summary>The encoder alone.</summary>
internal sealed class EncoderDefinition : TaskDefinition
{
    public override string Name => "encoder";

    public override string ClassSuffix => "Model";

    public override string AutoClass => "AutoModel";

    public override string PipelineTag => "feature-extraction";

    public override string? PeftType => "FEATURE_EXTRACTION";

    public override bool HasPooler => true;

    public override bool HasHead => false;

    public override void AddHead(HeadParameters head)
    {
    }
}
