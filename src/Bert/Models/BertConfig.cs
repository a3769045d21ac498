using System.Text.Json;
using BareBert.Kernels;

namespace BareBert.Bert.Models;

/// <summary>The relatives of BERT that are configurations of the one encoder here.</summary>
public enum ModelFamily
{
    /// <summary>Devlin et al. 2018, arXiv:1810.04805.</summary>
    Bert,
    /// <summary>Sanh et al. 2019, arXiv:1910.01108: half the layers, no types, no pooler.</summary>
    DistilBert,
    /// <summary>Lan et al. 2019, arXiv:1909.11942: factorised embedding, shared layers.</summary>
    Albert,
}

/// <summary>
/// The shape of a model: what stands in Hugging Face's <c>config.json</c>, under one set of names for all three families.
/// Read and written by <see cref="BertConfigJson"/>.
/// </summary>
public sealed record BertConfig
{
    private const int MaxLayers = 1024;

    /// <summary><c>model_type</c>.</summary>
    public ModelFamily Family { get; init; } = ModelFamily.Bert;

    /// <summary>V, rows of the word embedding.</summary>
    public int VocabSize { get; init; } = 30522;

    /// <summary>C, width of the residual stream.</summary>
    public int HiddenSize { get; init; } = 768;

    /// <summary>Layers that a token passes; ALBERT's share their weights, see <see cref="LayerSchedule"/>.</summary>
    public int Layers { get; init; } = 12;

    /// <summary>H; the head size is C / H.</summary>
    public int Heads { get; init; } = 12;

    /// <summary>Width of the feed-forward layer.</summary>
    public int IntermediateSize { get; init; } = 3072;

    /// <summary>Width of the embeddings; C unless ALBERT's factorisation projects them.</summary>
    public int EmbeddingSize { get => field == 0 ? HiddenSize : field; init; }

    /// <summary>The longest sequence.</summary>
    public int MaxPositions { get; init; } = 512;

    /// <summary>Rows of the token type embedding; 0 for DistilBERT, which has none.</summary>
    public int TypeVocabSize { get; init; } = 2;

    /// <summary>Nonlinearity of the feed-forward layer and of the masked-word head.</summary>
    public Activation Activation { get; init; } = Activation.Gelu;

    /// <summary>Dropout after embeddings, attention output and feed-forward.</summary>
    public double HiddenDropout { get; init; } = 0.1;

    /// <summary>Dropout of the attention probabilities.</summary>
    public double AttentionDropout { get; init; } = 0.1;

    /// <summary>Dropout before the classifier; <see cref="HiddenDropout"/> where the file does not say.</summary>
    public double? ClassifierDropout { get; init; }

    /// <summary>DistilBERT's dropout before the question answering head.</summary>
    public double QaDropout { get; init; }

    /// <summary>Standard deviation of the initial weights.</summary>
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>ε under LayerNorm's square root.</summary>
    public double LayerNormEps { get; init; } = 1e-12;

    /// <summary>Id of [PAD]; kept for others that read the file, no padding happens here.</summary>
    public int PadTokenId { get; init; }

    /// <summary>ALBERT's <c>num_hidden_groups</c>: groups of layers that share weights.</summary>
    public int LayerGroups { get; init; } = 1;

    /// <summary>ALBERT's <c>inner_group_num</c>: layers with weights of their own within a group.</summary>
    public int LayersPerGroup { get; init; } = 1;

    /// <summary>Names of the classes by id (<c>id2label</c>); empty when the file names none.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>
    /// How a sequence classifier's scores are meant (<c>problem_type</c>): single_label_classification, multi_label_classification or regression;
    /// null when the file does not say.
    /// </summary>
    public string? ProblemType { get; init; }

    /// <summary>Width of the hidden layer of the classification head; 0 for Hugging Face's own linear head.</summary>
    /// <remarks>A key of this project, <c>classifier_hidden_size</c>: transformers preserves it and knows no such head.</remarks>
    public int ClassifierHiddenSize { get; init; }

    /// <summary>What the classification head reads: the first token's output (through the pooler, where there is one), as Hugging Face's does, or the mean over all tokens.</summary>
    /// <remarks><c>classifier_pooling</c>, as ModernBERT's configuration calls it; transformers' BERT knows no such head.</remarks>
    public Pooling ClassifierPooling { get; init; } = Pooling.Cls;

    /// <summary>
    /// Above this probability a question counts as having no answer, chosen on validation data; null: every question is answered.
    /// </summary>
    /// <remarks>A key of this project, <c>no_answer_threshold</c>: transformers preserves it.</remarks>
    public double? NoAnswerThreshold { get; init; }

    /// <summary>The class that wrote the weights, as <c>BertForPreTraining</c>; null when unknown.</summary>
    public string? Architecture { get; init; }

    /// <summary>Keys of the file that mean nothing here; they are written back as they were.</summary>
    public IReadOnlyDictionary<string, JsonElement> Other { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>D, width of one head.</summary>
    public int HeadSize => HiddenSize / Heads;

    /// <summary>Whether the encoder ends in a pooler (DistilBERT's does not).</summary>
    public bool HasPooler => Family != ModelFamily.DistilBert;

    /// <summary>Dropout before the classifier, resolved.</summary>
    public double EffectiveClassifierDropout => ClassifierDropout ?? HiddenDropout;

    /// <summary>How many layers have weights: fewer than are passed when ALBERT shares them.</summary>
    public int DistinctLayers => Family == ModelFamily.Albert ? LayerGroups * LayersPerGroup : Layers;

    /// <summary>
    /// The layers in the order they are applied, as indices of weights: 0, 1, 2, … for BERT; for ALBERT pass i belongs to group
    /// ⌊i · groups / layers⌋ and runs all of the group's layers.
    /// </summary>
    public int[] LayerSchedule => Family != ModelFamily.Albert
        ? [.. Enumerable.Range(0, Layers)]
        : [.. Enumerable.Range(0, Layers).SelectMany(pass =>
            Enumerable.Range((int)((long)pass * LayerGroups / Layers) * LayersPerGroup, LayersPerGroup))];

    /// <summary>Checks that the sizes make a model.</summary>
    /// <param name="where">The file they come from, for the message.</param>
    /// <returns>This configuration.</returns>
    /// <exception cref="InputException">Names the first key that is wrong, and why.</exception>
    public BertConfig Validate(string where)
    {
        ConfigKeys keys = ConfigKeys.Of(Family);
        Positive(keys.Hidden, HiddenSize);
        Positive(keys.Layers, Layers);
        Positive(keys.Heads, Heads);
        Positive(keys.Intermediate, IntermediateSize);
        Positive("vocab_size", VocabSize);
        Positive("max_position_embeddings", MaxPositions);
        if (Family != ModelFamily.DistilBert)
            Positive("type_vocab_size", TypeVocabSize);
        else
            Require(TypeVocabSize == 0, "type_vocab_size", "DistilBERT has no token types");
        Positive("embedding_size", EmbeddingSize);
        Positive("num_hidden_groups", LayerGroups);
        Positive("inner_group_num", LayersPerGroup);
        Require(Family == ModelFamily.Albert || EmbeddingSize == HiddenSize,
            "embedding_size", "only ALBERT projects its embeddings");

        Require(HiddenSize % Heads == 0, keys.Hidden, $"{HiddenSize} is not divisible by {Heads} {keys.Heads}");
        Require(Layers <= MaxLayers, keys.Layers, $"{Layers} is beyond {MaxLayers}");
        Require(LayerGroups <= Layers, "num_hidden_groups", $"{LayerGroups} groups for {Layers} layers");
        Require(LayersPerGroup <= MaxLayers, "inner_group_num", $"{LayersPerGroup} is beyond {MaxLayers}");
        Fits("vocab_size", VocabSize, EmbeddingSize);
        Fits("max_position_embeddings", MaxPositions, EmbeddingSize);
        Fits("type_vocab_size", TypeVocabSize, EmbeddingSize);
        Fits(keys.Hidden, 3L * HiddenSize, HiddenSize);
        Fits(keys.Intermediate, IntermediateSize, HiddenSize);
        Fits("embedding_size", EmbeddingSize, HiddenSize);
        Fits("classifier_hidden_size", ClassifierHiddenSize, HiddenSize);

        Probability(keys.HiddenDropout, HiddenDropout);
        Probability(keys.AttentionDropout, AttentionDropout);
        Probability(keys.ClassifierDropout, EffectiveClassifierDropout);
        Probability("qa_dropout", QaDropout);
        Require(NoAnswerThreshold is null or (>= 0 and <= 1), "no_answer_threshold", $"{NoAnswerThreshold} is not a probability");
        Require(InitializerRange is > 0 and < 1e3, "initializer_range", $"{InitializerRange} is not a standard deviation");
        Require(LayerNormEps is > 0 and < 1, "layer_norm_eps", $"{LayerNormEps} is not a small positive number");
        Require(PadTokenId >= 0 && PadTokenId < VocabSize,
            "pad_token_id", $"{PadTokenId} is not an id below vocab_size {VocabSize}");
        Require(ClassifierHiddenSize >= 0, "classifier_hidden_size", $"{ClassifierHiddenSize} is negative");
        Require(Labels.Distinct().Count() == Labels.Count, "id2label", "two classes have the same name");
        return this;

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

    /// <summary>By value, with the labels and the other keys compared by content.</summary>
    public bool Equals(BertConfig? other) =>
        other is not null && (ReferenceEquals(this, other) || BertConfigJson.Write(this) == BertConfigJson.Write(other));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Family, VocabSize, HiddenSize, Layers, Heads, IntermediateSize, MaxPositions);
}
