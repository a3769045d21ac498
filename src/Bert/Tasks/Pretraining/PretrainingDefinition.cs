namespace BareBert.Bert.Tasks;

/// <summary>Masked words, and whether the second segment is the text that follows the first.</summary>
internal sealed class PretrainingDefinition : MaskedLmDefinition
{
    public override string Name => "pretraining";

    public override string ClassSuffix => "ForPreTraining";

    public override bool HasPooler => true;

    /// <summary>What Hugging Face calls a family's next-sentence head; null where it has none.</summary>
    public static string? NextSentence(ModelFamily family) => family switch
    {
        ModelFamily.DistilBert => null,
        ModelFamily.Albert => "sop_classifier.classifier",
        _ => "cls.seq_relationship",
    };

    public override void Validate(BertConfig config)
    {
        if (NextSentence(config.Family) is null)
            throw new InputException($"{config.Family} has no head for pairs of sentences: task {Name}; use masked-lm, or `{nameof(PretrainerOptions.Objective)}` mlm");
        Segments.RequireTwo(config, "next sentences");
    }

    public override void AddHead(HeadParameters head)
    {
        base.AddHead(head);
        head.AddLinear("nsp", NextSentence(head.Config.Family)!, 2, head.Config.HiddenSize);
    }
}
