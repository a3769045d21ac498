namespace BareBert.Bert.Tasks;

/// <summary>Masked words: a transform, a LayerNorm, and the word embeddings as decoder, with a bias of its own.</summary>
internal class MaskedLmDefinition : TaskDefinition
{
    public override string Name => "masked-lm";

    public override string ClassSuffix => "ForMaskedLM";

    public override string AutoClass => "AutoModelForMaskedLM";

    public override string PipelineTag => "fill-mask";

    public override string[] TiedToWords(ModelFamily family) => family switch
    {
        ModelFamily.DistilBert => ["vocab_projector.weight"],
        ModelFamily.Albert => ["predictions.decoder.weight"],
        _ => ["cls.predictions.decoder.weight"],
    };

    public override void AddHead(HeadParameters head)
    {
        BertConfig config = head.Config;
        switch (config.Family)
        {
            case ModelFamily.DistilBert:
                head.AddLinear("mlm.transform", "vocab_transform", config.EmbeddingSize, config.HiddenSize);
                head.AddNorm("mlm.norm", "vocab_layer_norm", config.EmbeddingSize);
                head.AddBias("mlm.bias", "vocab_projector.bias", config.VocabSize);
                break;
            case ModelFamily.Albert:
                head.AddBias("mlm.bias", "predictions.bias", config.VocabSize, "predictions.decoder.bias");
                head.AddNorm("mlm.norm", "predictions.LayerNorm", config.EmbeddingSize);
                head.AddLinear("mlm.transform", "predictions.dense", config.EmbeddingSize, config.HiddenSize);
                break;
            default:
                head.AddBias("mlm.bias", "cls.predictions.bias", config.VocabSize, "cls.predictions.decoder.bias");
                head.AddLinear("mlm.transform", "cls.predictions.transform.dense", config.EmbeddingSize, config.HiddenSize);
                head.AddNorm("mlm.norm", "cls.predictions.transform.LayerNorm", config.EmbeddingSize);
                break;
        }
    }
}
