using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BareBert.Tests;

public sealed class BertConfigTests
{
    // The published files' content, keys of the trainers included.
    private const string BertBase = """
        {"architectures":["BertForMaskedLM"],"attention_probs_dropout_prob":0.1,"gradient_checkpointing":false,"hidden_act":"gelu",
        "hidden_dropout_prob":0.1,"hidden_size":768,"initializer_range":0.02,"intermediate_size":3072,"layer_norm_eps":1e-12,
        "max_position_embeddings":512,"model_type":"bert","num_attention_heads":12,"num_hidden_layers":12,"pad_token_id":0,
        "position_embedding_type":"absolute","transformers_version":"4.6.0.dev0","type_vocab_size":2,"use_cache":true,"vocab_size":30522}
        """;

    private const string DistilBase = """
        {"activation":"gelu","architectures":["DistilBertForMaskedLM"],"attention_dropout":0.1,"dim":768,"dropout":0.1,"hidden_dim":3072,
        "initializer_range":0.02,"max_position_embeddings":512,"model_type":"distilbert","n_heads":12,"n_layers":6,"pad_token_id":0,
        "qa_dropout":0.1,"seq_classif_dropout":0.2,"sinusoidal_pos_embds":false,"tie_weights_":true,"transformers_version":"4.10.0.dev0","vocab_size":30522}
        """;

    private const string AlbertBase = """
        {"architectures":["AlbertForMaskedLM"],"attention_probs_dropout_prob":0,"bos_token_id":2,"classifier_dropout_prob":0.1,
        "down_scale_factor":1,"embedding_size":128,"eos_token_id":3,"gap_size":0,"hidden_act":"gelu_new","hidden_dropout_prob":0,
        "hidden_size":768,"initializer_range":0.02,"inner_group_num":1,"intermediate_size":3072,"layer_norm_eps":1e-12,
        "max_position_embeddings":512,"model_type":"albert","net_structure_type":0,"num_attention_heads":12,"num_hidden_groups":1,
        "num_hidden_layers":12,"num_memory_blocks":0,"pad_token_id":0,"type_vocab_size":2,"vocab_size":30000}
        """;

    [Theory]
    [InlineData(BertBase, "base")]
    [InlineData(DistilBase, "distilbert-base")]
    [InlineData(AlbertBase, "albert-base")]
    public void ThePublishedFilesAreTheNamedSizes(string json, string name)
    {
        BertConfig read = Parse(json);
        Assert.True(NamedConfigs.TryGet(name, out BertConfig named));
        Assert.Equal(named, read with { Architecture = null, Other = new Dictionary<string, JsonElement>() });
        named.Validate(name);
    }

    /// <summary>Another library would look for a matrix of its own under it, which no file of this one has.</summary>
    [Fact]
    public void A_model_that_is_saved_has_one_matrix_for_words() =>
        Assert.DoesNotContain("tie_word_embeddings", BertConfigJson.Write(Parse(BertBase.Replace("{", "{\"tie_word_embeddings\": false, "))), StringComparison.Ordinal);

    [Theory]
    [InlineData("tiny", 2, 128, 2)]
    [InlineData("sample", 2, 128, 8)]
    [InlineData("mini", 4, 256, 4)]
    [InlineData("small", 4, 512, 8)]
    [InlineData("medium", 8, 512, 8)]
    [InlineData("base", 12, 768, 12)]
    [InlineData("large", 24, 1024, 16)]
    public void NamesHaveTheirSizes(string name, int layers, int hidden, int heads)
    {
        BertConfig config = NamedConfigs.Resolve(name);
        Assert.Equal((layers, hidden, heads, 4 * hidden), (config.Layers, config.HiddenSize, config.Heads, config.IntermediateSize));
        Assert.Equal(Enumerable.Range(0, layers), config.LayerSchedule);
        config.Validate(name);
    }

    /// <summary>Writing and reading again keeps every key that was in the file, known here or not.</summary>
    [Theory]
    [InlineData(BertBase)]
    [InlineData(DistilBase)]
    [InlineData(AlbertBase)]
    public void ARoundTripKeepsEveryKey(string json)
    {
        string written = BertConfigJson.Write(Parse(json));
        JsonObject before = JsonNode.Parse(json)!.AsObject(), after = JsonNode.Parse(written)!.AsObject();
        foreach ((string key, JsonNode? value) in before)
            Assert.True(SameValue(value, after[key]), $"{key}: {value} became {after[key]}");
        Assert.Equal(Parse(json), Parse(written));
        Assert.Equal(written, BertConfigJson.Write(Parse(written)));
    }

    [Fact]
    public void LabelsAreKeptInTheOrderOfTheirIds()
    {
        BertConfig config = Parse("""{"model_type":"bert","id2label":{"1":"good","0":"bad"},"label2id":{"good":1,"bad":0}}""");
        Assert.Equal(["bad", "good"], config.Labels);
        Assert.Equal(config, Parse(BertConfigJson.Write(config)));
        Assert.Equal(["bad", "good"], Parse("""{"model_type":"bert","label2id":{"good":1,"bad":0}}""").Labels);
        Assert.Equal(["LABEL_0", "LABEL_1", "LABEL_2"], Parse("""{"model_type":"bert","num_labels":3}""").Labels);
    }

    [Theory]
    [InlineData("""{"hidden_size":128,"num_attention_heads":2}""", ModelFamily.Bert)]
    [InlineData("""{"dim":128,"n_layers":2,"n_heads":2}""", ModelFamily.DistilBert)]
    [InlineData("""{"embedding_size":128,"hidden_size":256,"num_attention_heads":4}""", ModelFamily.Albert)]
    [InlineData("""{"architectures":["DistilBertModel"]}""", ModelFamily.DistilBert)]
    public void AnOldFileWithoutModelTypeIsRecognised(string json, ModelFamily family) => Assert.Equal(family, Parse(json).Family);

    [Fact]
    public void AlbertsLayersShareWeightsByGroup()
    {
        BertConfig albert = NamedConfigs.Resolve("albert-base");
        Assert.Equal(Enumerable.Repeat(0, 12), albert.LayerSchedule);
        Assert.Equal([0, 0, 1, 1, 2, 2], (albert with { Layers = 6, LayerGroups = 3 }).LayerSchedule);
        Assert.Equal([0, 1, 0, 1, 2, 3], (albert with { Layers = 3, LayerGroups = 2, LayersPerGroup = 2 }).LayerSchedule);
    }

    [Theory]
    [InlineData("""{"model_type":"bert","hidden_size":100}""", "hidden_size", "not divisible by 12")]
    [InlineData("""{"model_type":"distilbert","dim":100}""", "dim", "not divisible by 12 n_heads")]
    [InlineData("""{"model_type":"bert","hidden_size":0}""", "hidden_size", "not positive")]
    [InlineData("""{"model_type":"bert","num_hidden_layers":-1}""", "num_hidden_layers", "not positive")]
    [InlineData("""{"model_type":"bert","num_hidden_layers":100000}""", "num_hidden_layers", "beyond")]
    [InlineData("""{"model_type":"bert","vocab_size":"many"}""", "vocab_size", "not a whole number")]
    [InlineData("""{"model_type":"bert","vocab_size":30522.5}""", "vocab_size", "not a whole number")]
    [InlineData("""{"model_type":"bert","vocab_size":99999999999}""", "vocab_size", "not a whole number")]
    [InlineData("""{"model_type":"bert","vocab_size":2000000000}""", "vocab_size", "too large")]
    [InlineData("""{"model_type":"bert","hidden_act":"mish"}""", "hidden_act", "'mish' is not supported; gelu")]
    [InlineData("""{"model_type":"bert","position_embedding_type":"relative_key"}""", "position_embedding_type", "'relative_key'")]
    [InlineData("""{"model_type":"bert","is_decoder":true}""", "is_decoder", "only encoders")]
    [InlineData("""{"model_type":"bert","hidden_dropout_prob":1.5}""", "hidden_dropout_prob", "probability")]
    [InlineData("""{"model_type":"bert","hidden_dropout_prob":1e999}""", "hidden_dropout_prob", "not a number")]
    [InlineData("""{"model_type":"bert","layer_norm_eps":0}""", "layer_norm_eps", "positive")]
    [InlineData("""{"model_type":"bert","pad_token_id":30522}""", "pad_token_id", "below vocab_size")]
    [InlineData("""{"model_type":"bert","id2label":{"0":"a","2":"b"}}""", "id2label", "numbered 0 to 1")]
    [InlineData("""{"model_type":"bert","id2label":{"0":"a","1":"a"}}""", "id2label", "same name")]
    [InlineData("""{"model_type":"bert","id2label":["a"]}""", "id2label", "not an object")]
    [InlineData("""{"model_type":"gpt2"}""", "model_type", "'gpt2'")]
    [InlineData("""{"architectures":["GPT2LMHeadModel"]}""", "architectures", "GPT2LMHeadModel")]
    [InlineData("""{}""", "model_type", "missing")]
    [InlineData("""{"model_type":"albert","embedding_size":0}""", "embedding_size", "not positive")]
    [InlineData("""{"model_type":"albert","num_hidden_groups":13}""", "num_hidden_groups", "13 groups for 12 layers")]
    [InlineData("""{"model_type":"bert","model_type":"bert"}""", "model_type", "twice")]
    [InlineData("""{"model_type":"\ud800"}""", "not JSON", "config.json")]
    [InlineData("""[1]""", "not a JSON object", "config.json")]
    [InlineData("""{"model""", "not JSON", "config.json")]
    public void AWrongKeyIsNamed(string json, string key, string why) =>
        Refusals.Of(() => Parse(json), "some/config.json", key, why);

    [Fact]
    public void AModelThatIsNeitherNameNorFileIsRefused() => Refusals.Of(() => NamedConfigs.Resolve("enormous"), "enormous", "tiny, mini");

    /// <summary>What cannot be written back is refused when it is read, not after training.</summary>
    [Fact]
    public void BrokenTextInAnUnknownKeyIsRefused()
    {
        byte[] json = Encoding.UTF8.GetBytes("""{"model_type":"bert","unknown":"?"}""");
        json[Array.IndexOf(json, (byte)'?')] = 0xff;
        Refusals.Of(() => BertConfigJson.Parse(json, "some/config.json"), "some/config.json", "not JSON");
        Refusals.Of(() => Parse("""{"model_type":"bert","unknown":"\ud800"}"""), "some/config.json", "not JSON");
        Refusals.Of(() => Parse("""{"model_type":"bert","unknown":[{"\udc00":1}]}"""), "some/config.json", "not JSON");
    }

    [Fact]
    public void SurvivesSpoiltFiles()
    {
        Gen<byte[]> spoilt = Gen.OneOf(
            Mutations.Of(Encoding.UTF8.GetBytes(BertBase)), Mutations.Of(Encoding.UTF8.GetBytes(AlbertBase)),
            Mutations.Of(Encoding.UTF8.GetBytes(DistilBase)), Mutations.Noise(40));
        Prop.ForAll(spoilt.ToArbitrary(), bytes => Refusals.SucceedsOrRefuses(() =>
        {
            BertConfig config = BertConfigJson.Parse(bytes, "some/config.json");
            Assert.Equal(config, BertConfigJson.Parse(Encoding.UTF8.GetBytes(BertConfigJson.Write(config)), "again"));
        })).HoldsFor(300);
    }

    private static BertConfig Parse(string json) => BertConfigJson.Parse(Encoding.UTF8.GetBytes(json), "some/config.json");

    private static bool SameValue(JsonNode? a, JsonNode? b) =>
        a?.GetValueKind() == JsonValueKind.Number && b?.GetValueKind() == JsonValueKind.Number
            ? double.Parse(a.ToJsonString()) == double.Parse(b.ToJsonString())
            : JsonNode.DeepEquals(a, b);
}
