namespace BareBert.Bert.Models;

/// <summary>What must hold between the sizes of a <see cref="BertConfig"/>.</summary>
internal static class BertConfigRules
{
    private const int MaxLayers = 1024;

    public static void Check(BertConfig config, string where)
    {
        ConfigKeys keys = ConfigKeys.Of(config.Family);
        Positive(keys.Hidden, config.HiddenSize);
        Positive(keys.Layers, config.Layers);
        Positive(keys.Heads, config.Heads);
        Positive(keys.Intermediate, config.IntermediateSize);
        Positive("vocab_size", config.VocabSize);
        Positive("max_position_embeddings", config.MaxPositions);
        if (config.Family != ModelFamily.DistilBert)
            Positive("type_vocab_size", config.TypeVocabSize);
        else
            Require(config.TypeVocabSize == 0, "type_vocab_size", "DistilBERT has no token types");
        Positive("embedding_size", config.EmbeddingSize);
        Positive("num_hidden_groups", config.LayerGroups);
        Positive("inner_group_num", config.LayersPerGroup);
        Require(config.Family == ModelFamily.Albert || config.EmbeddingSize == config.HiddenSize,
            "embedding_size", "only ALBERT projects its embeddings");

        Require(config.HiddenSize % config.Heads == 0, keys.Hidden, $"{config.HiddenSize} is not divisible by {config.Heads} {keys.Heads}");
        Require(config.Layers <= MaxLayers, keys.Layers, $"{config.Layers} is beyond {MaxLayers}");
        Require(config.LayerGroups <= config.Layers, "num_hidden_groups", $"{config.LayerGroups} groups for {config.Layers} layers");
        Require(config.LayersPerGroup <= MaxLayers, "inner_group_num", $"{config.LayersPerGroup} is beyond {MaxLayers}");
        Fits("vocab_size", config.VocabSize, config.EmbeddingSize);
        Fits("max_position_embeddings", config.MaxPositions, config.EmbeddingSize);
        Fits("type_vocab_size", config.TypeVocabSize, config.EmbeddingSize);
        Fits(keys.Hidden, 3L * config.HiddenSize, config.HiddenSize);
        Fits(keys.Intermediate, config.IntermediateSize, config.HiddenSize);
        Fits("embedding_size", config.EmbeddingSize, config.HiddenSize);
        Fits("classifier_hidden_size", config.ClassifierHiddenSize, config.HiddenSize);

        Probability(keys.HiddenDropout, config.HiddenDropout);
        Probability(keys.AttentionDropout, config.AttentionDropout);
        Probability(keys.ClassifierDropout, config.EffectiveClassifierDropout);
        Probability("qa_dropout", config.QaDropout);
        Require(config.NoAnswerThreshold is null or (>= 0 and <= 1), "no_answer_threshold", $"{config.NoAnswerThreshold} is not a probability");
        Require(config.InitializerRange is > 0 and < 1e3, "initializer_range", $"{config.InitializerRange} is not a standard deviation");
        Require(config.LayerNormEps is > 0 and < 1, "layer_norm_eps", $"{config.LayerNormEps} is not a small positive number");
        Require(config.PadTokenId >= 0 && config.PadTokenId < config.VocabSize,
            "pad_token_id", $"{config.PadTokenId} is not an id below vocab_size {config.VocabSize}");
        Require(config.ClassifierHiddenSize >= 0, "classifier_hidden_size", $"{config.ClassifierHiddenSize} is negative");
        Require(config.Labels.Distinct().Count() == config.Labels.Count, "id2label", "two classes have the same name");

        void Positive(string key, int value) => Require(value > 0, key, $"{value} is not positive");

        void Fits(string key, long rows, long cols) =>
            Require(rows * cols <= Array.MaxLength, key, $"a matrix of {rows} x {cols} is too large");

        void Probability(string key, double value) => Require(value is >= 0 and < 1, key, $"{value} is not a probability below 1");

        void Require(bool holds, string key, string why)
        {
            if (!holds)
                throw new InputException($"wrong model configuration: {where}: {key}: {why}; correct it");
        }
    }
}
