using System.Text.Json.Nodes;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>What a folder is for: as its configuration says, else as its tensors do; and never another thing without a word.</summary>
public sealed class TaskOfFolderTests : IDisposable
{
    private readonly CpuKernels _kernels = new(1);
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _folder.Dispose();
        _kernels.Dispose();
    }

    [Theory]
    [InlineData(ModelFamily.Bert, "classification")]
    [InlineData(ModelFamily.Bert, "tokens")]
    [InlineData(ModelFamily.Bert, "qa")]
    [InlineData(ModelFamily.Bert, "masked-lm")]
    [InlineData(ModelFamily.Bert, "pretraining")]
    [InlineData(ModelFamily.DistilBert, "classification")]
    [InlineData(ModelFamily.DistilBert, "tokens")]
    [InlineData(ModelFamily.DistilBert, "qa")]
    [InlineData(ModelFamily.DistilBert, "masked-lm")]
    [InlineData(ModelFamily.Albert, "classification")]
    [InlineData(ModelFamily.Albert, "tokens")]
    [InlineData(ModelFamily.Albert, "pretraining")]
    public void The_tensors_say_it_where_the_configuration_does_not(ModelFamily family, string taskName)
    {
        TaskDefinition task = BertTasks.Parse(taskName);
        string folder = Save(family, task);
        Assert.Equal(task, BertTasks.Of(ModelFolder.Open(folder)));
        Change(folder, json => json.Remove("architectures"));
        Assert.Equal(task, BertTasks.Of(ModelFolder.Open(folder)));
    }

    /// <summary>As transformers wrote them until 2020.</summary>
    [Fact]
    public void A_token_classifier_with_a_pooler_is_known_by_its_classes()
    {
        string folder = Save(ModelFamily.Bert, BertTasks.Classification);
        Change(folder, json => json.Remove("architectures"));
        Assert.Equal(BertTasks.Classification, BertTasks.Of(ModelFolder.Open(folder)));
        Change(folder, json => (json["id2label"], json["label2id"]) = (new JsonObject { ["0"] = "O", ["1"] = "B-PER" }, null));
        Assert.Equal(BertTasks.TokenClassification, BertTasks.Of(ModelFolder.Open(folder)));
    }

    [Fact]
    public void An_encoder_alone_is_for_nothing_yet()
    {
        string folder = Save(ModelFamily.Bert, BertTasks.Encoder);
        Change(folder, json => json.Remove("architectures"));
        Assert.Null(BertTasks.Of(ModelFolder.Open(folder)));
    }

    [Fact]
    public void A_head_for_another_task_is_refused()
    {
        // With a pooler, nothing but its name tells it from a classifier of texts.
        string tokens = Save(ModelFamily.Bert, BertTasks.Classification);
        Change(tokens, json => json["architectures"] = new JsonArray("BertForTokenClassification"));
        Refusals.Of(() => TextClassifier.Open(tokens).Dispose(), "tokens", "classification");
        Change(tokens, json => json["architectures"] = new JsonArray("BertForMultipleChoice"));
        Refusals.Of(() => TextClassifier.Open(tokens).Dispose(), "not supported", "BertForMultipleChoice");
        string texts = Save(ModelFamily.Bert, BertTasks.Classification);
        Refusals.Of(() => TokenClassifier.Open(texts).Dispose(), "classification", "tokens");
    }

    [Theory]
    [InlineData("""{"model_type":"roberta"}""")]
    [InlineData("""{"model_type":"xlm-roberta","architectures":["XLMRobertaForSequenceClassification"]}""")]
    [InlineData("""{"architectures":["RobertaForMaskedLM"]}""")]
    [InlineData("""{"model_type":"deberta-v2"}""")]
    public void Other_families_are_refused_and_these_named(string json)
    {
        string message = Refusals.Of(() => ModelFolder.Open(Path.GetDirectoryName(_folder.Write("other/config.json", json))!), "not supported", "BERT (bert)", "DistilBERT (distilbert)", "ALBERT (albert)");
        Assert.DoesNotContain("correct it", message);
    }

    private string Save(ModelFamily family, TaskDefinition task)
    {
        string folder = Directory.CreateDirectory(_folder.At(task.Name)).FullName;
        BertConfig config = KeywordSentiment.Config with { Family = family, TypeVocabSize = family == ModelFamily.DistilBert ? 0 : 2 };
        using BertModel model = BertModel.Create(_kernels, ParameterLayout.For(config, task), KeywordSentiment.Tokenizer, seed: 1);
        model.Save(folder);
        return folder;
    }

    private static void Change(string folder, Action<JsonObject> change)
    {
        string file = Path.Combine(folder, "config.json");
        JsonObject json = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        change(json);
        File.WriteAllText(file, json.ToJsonString());
    }
}
