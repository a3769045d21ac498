using Xunit;
using YamlDotNet.RepresentationModel;

namespace BareBert.Tests;

/// <summary>The README.md beside a run's best model: what the hub reads and what people read.</summary>
[Collection(nameof(CliCollection))]
public sealed class ModelCardTests(TrainedRun run)
{
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
