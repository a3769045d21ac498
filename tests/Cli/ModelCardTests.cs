using Xunit;
using YamlDotNet.RepresentationModel;

namespace BareBert.Tests;

/// <summary>The README.md beside a run's best model: what the hub reads and what people read.</summary>
[Collection(nameof(CliCollection))]
public sealed class ModelCardTests(TrainedRun run) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_best_model_has_a_card_with_what_was_measured()
    {
        string card = File.ReadAllText(Path.Combine(run.Run, "best", "README.md"));
        YamlMappingNode metadata = Metadata(card);
        Assert.Equal("transformers", Text(metadata["library_name"]));
        Assert.Equal("fill-mask", Text(metadata["pipeline_tag"]));
        TrainerState state = TrainerState.Read(Path.Combine(run.Run, "checkpoint", "trainer_state.json"));
        var results = (YamlSequenceNode)metadata["model-index"][0]["results"];
        foreach (EvaluationRecord record in state.History.Where(record => record.Step == state.BestStep))
        {
            YamlNode result = results.Single(r => Text(r["dataset"]["split"]) == record.Split);
            Assert.Equal(["mlm_accuracy", "mlm_loss", "mlm_perplexity", "nsp_accuracy", "nsp_loss"],
                ((YamlSequenceNode)result["metrics"]).Select(m => Text(m["type"])).Order(StringComparer.Ordinal));
            YamlNode perplexity = ((YamlSequenceNode)result["metrics"]).Single(m => Text(m["type"]) == "mlm_perplexity");
            double written = double.Parse(Text(perplexity["value"]), System.Globalization.CultureInfo.InvariantCulture);
            Assert.True(Math.Abs(written / record.Metrics["mlm_perplexity"] - 1) <= 1e-5);
        }
        Assert.Contains("AutoModelForMaskedLM", card);
        Assert.Contains("| Parameters |", card);
        // The card is not sealed: it is for people to edit.
        CliRun.Of("info", "--model", run.Run, "--json").Json();
    }

    [Fact]
    public void Each_kind_of_folder_says_what_opens_it()
    {
        using (var kernels = new BareBert.Kernels.CpuKernels(1))
            KeywordSentiment.SaveBase(_folder.At("base"), kernels);
        string data = Directory.CreateDirectory(_folder.At("reviews")).FullName;
        foreach ((string split, ulong seed) in ((string, ulong)[])[("train", 1), ("validation", 2), ("test", 3)])
            File.WriteAllText(Path.Combine(data, split + ".csv"), "text,label\n" + string.Concat(KeywordSentiment.Texts(40, seed).Examples.Select(e => $"{e.Text},{KeywordSentiment.Labels[e.Label]}\n")));
        string Card(string name, params string[] options)
        {
            CliRun.Of(["finetune", "--task", "classification", "--data", data, "--model", _folder.At("base"), "--epochs", "2", "--lr", "2e-3", "--license", "mit", "--language", "en", "--quiet",
                "--out", _folder.At(name), .. options]).Succeeded();
            return File.ReadAllText(Path.Combine(_folder.At(name), "best", "README.md"));
        }
        (string Library, string Says, string Card)[] cards =
        [
            ("transformers", "AutoModelForSequenceClassification.from_pretrained", Card("full")),
            ("barebert", "a **random** head", Card("mlp", "--head", "mlp")),
            ("peft", "PeftModel.from_pretrained", Card("lora", "--method", "lora")),
            ("barebert", "PEFT does not open them", Card("lora-mlp", "--method", "lora", "--head", "mlp")),
            ("barebert", "bottleneck adapters", Card("adapter", "--method", "adapter")),
        ];
        foreach ((string library, string says, string card) in cards)
        {
            YamlMappingNode metadata = Metadata(card);
            Assert.Equal((library, "base", "mit", "en"), (Text(metadata["library_name"]), Text(metadata["base_model"]), Text(metadata["license"]), Text(metadata["language"])));
            Assert.Contains(says, card);
            Assert.Equal(["valid", "test"], ((YamlSequenceNode)metadata["model-index"][0]["results"]).Select(r => Text(r["dataset"]["split"])));
            Assert.DoesNotContain("train_loss", card);
            Assert.DoesNotContain(_folder.At(), card); // where a run lay is nobody's business
        }
        CliRun.Of("merge", "--model", _folder.At("lora"), "--out", _folder.At("merged"), "--license", "apache-2.0").Succeeded();
        string merged = File.ReadAllText(_folder.At("merged", "README.md"));
        Assert.Equal(("transformers", "base", "merge", "apache-2.0", "en"), (Text(Metadata(merged)["library_name"]), Text(Metadata(merged)["base_model"]), Text(Metadata(merged)["base_model_relation"]),
            Text(Metadata(merged)["license"]), Text(Metadata(merged)["language"])));
        Assert.Equal(((YamlSequenceNode)Metadata(cards[2].Card)["model-index"][0]["results"]).Children.Count, ((YamlSequenceNode)Metadata(merged)["model-index"][0]["results"]).Children.Count);
    }

    [Theory]
    [InlineData("/x/hub/models--owner--name/snapshots/0123", "owner/name")]
    [InlineData("/x/runs/wiki/best", "wiki")]
    [InlineData("/x/runs/wiki/checkpoint-200", "wiki")]
    [InlineData("/x/bert/", "bert")]
    public void A_model_is_called_by_what_others_know(string path, string name) => Assert.Equal(name, ModelCards.ModelName(path));

    [Fact]
    public void Names_of_any_kind_stay_what_they_are()
    {
        string[] names = ["plain", "a: b", "\"quoted\" \\ # - ]", "| pipe", "ünïcode 你好", "- [x]: 'y'", "line\nbreak"];
        foreach (string name in names)
        {
            string card = new ModelCard
            {
                Name = name, Layout = ParameterLayout.For(NamedConfigs.Resolve("tiny"), BertTasks.Classification, 2), Summary = "S.", License = name, Datasets = [name],
                Figures = [new MeasuredFigure(name, "test", "accuracy", 0.5), new MeasuredFigure(name, "test", "auc", double.NaN)],
            }.ToMarkdown();
            YamlMappingNode metadata = Metadata(card);
            Assert.Equal("text-classification", Text(metadata["pipeline_tag"]));
            Assert.Equal(name, Text(metadata["license"]));
            Assert.Equal(name, Text(metadata["datasets"][0]));
            YamlNode result = Assert.Single((YamlSequenceNode)metadata["model-index"][0]["results"]);
            Assert.Equal(name, Text(result["dataset"]["name"]));
            Assert.Equal("accuracy", Text(Assert.Single((YamlSequenceNode)result["metrics"])["type"]));
        }
    }

    private static YamlMappingNode Metadata(string card)
    {
        Assert.StartsWith("---\n", card);
        var stream = new YamlStream();
        stream.Load(new StringReader(card[4..card.IndexOf("\n---\n", StringComparison.Ordinal)]));
        return (YamlMappingNode)stream.Documents[0].RootNode;
    }

    private static string Text(YamlNode node) => ((YamlScalarNode)node).Value!;
}
