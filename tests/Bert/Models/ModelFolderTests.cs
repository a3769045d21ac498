using BareBert.Kernels;
using Xunit;
using YamlDotNet.Serialization;

namespace BareBert.Tests;

public sealed class ModelFolderTests : IDisposable
{
    private static readonly BertConfig Tiny = new()
    {
        VocabSize = 11, HiddenSize = 8, Layers = 1, Heads = 2, IntermediateSize = 12, MaxPositions = 6, Labels = ["bad", "so-so", "good"],
    };

    private readonly Scratch _scratch = new();

    private readonly CpuKernels _kernels = new(1);

    public void Dispose()
    {
        _kernels.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public void AModelIsFoundInItsFolderAndInARun()
    {
        ParameterLayout layout = ParameterLayout.For(Tiny, BertTasks.Classification);
        Refusals.Of(() => ModelFolder.Open(_scratch["run"]), "no such folder");
        Directory.CreateDirectory(_scratch["run"]);
        Refusals.Of(() => ModelFolder.Open(_scratch["run"]), "no model", "config.json");
        Save("run/checkpoint", layout);
        Assert.Equal(_scratch["run/checkpoint"], ModelFolder.Open(_scratch["run"]).Path);
        Save("run/best", layout);
        ModelFolder model = ModelFolder.Open(_scratch["run"]);
        Assert.Equal(_scratch["run/best"], model.Path);
        Assert.Equal(BertTasks.Classification, BertTasks.Of(model));
        Assert.Equal(Tiny with { Architecture = "BertForSequenceClassification" }, model.Config);
        using ITensorSource weights = model.OpenWeights();
        Assert.Empty(WeightLoader.Load(weights, ParameterLayout.For(model.Config, BertTasks.Of(model)!), (_, _) => { }).New);
    }

    [Fact]
    public void LayersThatAConfigurationLeavesOutAreNamed()
    {
        string folder = KeywordSentiment.SaveBase(_scratch["cut"], _kernels), config = Path.Combine(folder, "config.json");
        string text = File.ReadAllText(config), cut = text.Replace("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1");
        Assert.NotEqual(text, cut);
        Assert.Empty(Notices(folder));
        File.WriteAllText(config, cut);
        Assert.Contains("16 tensors, as ", Assert.Single(Notices(folder)));

        List<string> Notices(string path)
        {
            List<string> notices = [];
            BertModel.LoadForInference(_kernels, ModelFolder.Open(path), BertTasks.Encoder, notices.Add).Dispose();
            return notices;
        }
    }

    /// <summary>A process killed between the two renames leaves no folder of that name; the model is found all the same.</summary>
    [Fact]
    public void AModelIsFoundAfterAKill()
    {
        ParameterLayout layout = ParameterLayout.For(Tiny, BertTasks.Classification);
        Save("run/checkpoint", layout);
        Directory.Move(_scratch["run/checkpoint"], _scratch["run/checkpoint.new"]);
        Assert.Equal(_scratch["run/checkpoint.new"], ModelFolder.Open(_scratch["run"]).Path);
    }

    [Fact]
    public void AChangedModelIsRefused()
    {
        Save("model", ParameterLayout.For(Tiny, BertTasks.Classification));
        byte[] weights = File.ReadAllBytes(_scratch["model/model.safetensors"]);
        weights[^1] ^= 1;
        File.WriteAllBytes(_scratch["model/model.safetensors"], weights);
        Refusals.Of(() => ModelFolder.Open(_scratch["model"]), "damaged", "model.safetensors");
    }

    [Fact]
    public void ClassesWithoutNamesAreCountedInTheConfig()
    {
        Save("model", ParameterLayout.For(Tiny with { Labels = [] }, BertTasks.Classification, 4));
        Assert.Equal(["LABEL_0", "LABEL_1", "LABEL_2", "LABEL_3"], ModelFolder.Open(_scratch["model"]).Config.Labels);
    }

    [Fact]
    public void TheCardIsYamlAndMarkdownWithTheFiguresItWasGiven()
    {
        var card = new ModelCard
        {
            Name = "a \"quoted\": name",
            Layout = ParameterLayout.For(Tiny, BertTasks.Classification),
            Summary = "Trained on reviews.",
            Language = "no", // A trap of YAML: unquoted it is false.
            License = "mit",
            Datasets = ["imdb", "naïve | set"],
            Figures =
            [
                new("imdb", "test", "accuracy", 0.8125),
                new("imdb", "test", "f1", 0.75),
                new("imdb", "valid", "accuracy", 0.5),
                new("imdb", "valid", "auc", double.NaN),
            ],
            Training = [("learning rate", "2e-5"), ("note", "a | b\nc")],
        };
        string text = card.ToMarkdown();
        string[] parts = text.Split("---\n", 3);
        Assert.Equal("", parts[0]);
        var metadata = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build().Deserialize<Dictionary<string, object>>(parts[1]);
        Assert.Equal("text-classification", metadata["pipeline_tag"]);
        Assert.Equal("no", metadata["language"]);
        Assert.Equal(["imdb", "naïve | set"], Assert.IsType<List<object>>(metadata["datasets"]));
        var index = Assert.IsType<Dictionary<object, object>>(Assert.Single(Assert.IsType<List<object>>(metadata["model-index"])));
        Assert.Equal("a \"quoted\": name", index["name"]);
        List<object> results = Assert.IsType<List<object>>(index["results"]);
        Assert.Equal(2, results.Count);
        var first = Assert.IsType<Dictionary<object, object>>(results[0]);
        var metrics = Assert.IsType<List<object>>(first["metrics"]).Cast<Dictionary<object, object>>().ToList();
        Assert.Equal(["accuracy", "f1"], metrics.Select(m => m["type"]));
        Assert.Equal(0.8125, Convert.ToDouble(metrics[0]["value"]));
        Assert.Contains("| imdb | test | accuracy | 0.8125 |\n", parts[2]);
        Assert.Contains("| note | a \\| b c |\n", parts[2]);
        Assert.Contains($"| Parameters | {card.Layout.Total:N0} |\n", parts[2]);
        Assert.Contains("| Classes | bad, so-so, good |\n", parts[2]);
        Assert.Contains("AutoModelForSequenceClassification.from_pretrained", parts[2]);
    }

    private void Save(string name, ParameterLayout layout) => AtomicDirectory.Replace(_scratch[name], directory =>
    {
        ModelFolder.Save(directory, layout, p => new float[p.Count]);
        CheckpointSeal.Write(directory);
    });
}
