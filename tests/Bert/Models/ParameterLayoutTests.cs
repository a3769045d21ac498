using System.Text.Json;
using Xunit;

namespace BareBert.Tests;

public sealed class ParameterLayoutTests
{
    private sealed record Recorded(string Size, TaskDefinition Task, string Class, long Total, string[] Tied, (string Name, int[] Shape)[] TwoLayers);

    public static TheoryData<int> AllRecords => [.. Enumerable.Range(0, Records().Length)];

    /// <summary>Names, shapes and their order are those of Hugging Face's own classes, and so are the totals of the published sizes.</summary>
    [Theory]
    [MemberData(nameof(AllRecords))]
    public void ListsWhatHuggingFaceHas(int index)
    {
        Recorded recorded = Records()[index];
        int labels = recorded.Task == BertTasks.Classification ? 5 : 0;
        BertConfig config = NamedConfigs.Resolve(recorded.Size);
        ParameterTable small = ParameterTable.Of(ParameterLayout.For(config with { Layers = 2 }, recorded.Task, labels));
        Assert.Equal(recorded.TwoLayers.Select(t => t.Name), small.Rows.Select(r => r.Name));
        Assert.Equal(recorded.TwoLayers.Select(t => t.Shape), small.Rows.Select(r => r.Shape));

        ParameterLayout layout = ParameterLayout.For(config, recorded.Task, labels);
        Assert.Equal(recorded.Class, layout.ArchitectureName);
        Assert.Equal(recorded.Total, layout.Total);
        Assert.Equal(recorded.Total, ParameterTable.Of(layout).Total);
        Assert.Equal(recorded.Total, ParameterTable.Of(layout).Groups.Sum(g => g.Count));
        Assert.Equal(recorded.Tied, layout.Parameters.SelectMany(p => p.Pieces).SelectMany(p => p.TiedNames).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("base", "encoder", 0, 109_482_240)]
    [InlineData("base", "pretraining", 0, 110_106_428)]
    [InlineData("base", "classification", 5, 109_486_085)]
    [InlineData("distilbert-base", "encoder", 0, 66_362_880)]
    [InlineData("albert-base", "pretraining", 0, 11_813_810)]
    public void TotalsAreThePublishedOnes(string size, string task, int labels, long total) =>
        Assert.Equal(total, ParameterLayout.For(NamedConfigs.Resolve(size), BertTasks.Parse(task), labels).Total);

    [Fact]
    public void PartsOfBaseAreThePublishedOnes()
    {
        ParameterTable table = ParameterTable.Of(ParameterLayout.For(NamedConfigs.Resolve("base"), BertTasks.Encoder));
        Assert.Equal(
            [("words", 23_440_896), ("positions", 393_216), ("types", 1_536), ("embedding norm", 1_536), ("layers", 85_054_464), ("pooler", 590_592)],
            table.Groups.Select(g => (g.Name, g.Count)));
    }

    [Fact]
    public void OnlyWhatIsTrainableIsCountedSo()
    {
        ParameterLayout layout = ParameterLayout.For(NamedConfigs.Resolve("base"), BertTasks.Classification, 5);
        ParameterTable table = ParameterTable.Of(layout, p => !p.IsEncoder && p.Name.StartsWith("classifier", StringComparison.Ordinal));
        Assert.Equal(5 * 768 + 5, table.Trainable);
        Assert.Equal(["classifier.weight", "classifier.bias"], table.Rows.Where(r => r.Trainable).Select(r => r.Name));
    }

    /// <summary>The pieces of every parameter cover it, without overlap, in every family and task.</summary>
    [Theory]
    [MemberData(nameof(AllRecords))]
    public void PiecesTileTheirParameter(int index)
    {
        Recorded recorded = Records()[index];
        ParameterLayout layout = ParameterLayout.For(NamedConfigs.Resolve(recorded.Size), recorded.Task);
        foreach (ParameterSpec parameter in layout.Parameters)
        {
            int end = 0;
            foreach (TensorPiece piece in parameter.Pieces)
            {
                Assert.Equal(end, piece.Offset);
                end += piece.Count;
            }
            Assert.Equal(parameter.Count, end);
            Assert.Same(parameter, layout[parameter.Name]);
        }
        Assert.Equal(layout.Parameters.Count, layout.Parameters.Select(p => p.Name).Distinct().Count());
    }

    [Fact]
    public void BiasesAndLayerNormStartRightAndDoNotDecay()
    {
        foreach (string size in NamedConfigs.Names)
        {
            foreach (ParameterSpec parameter in ParameterLayout.For(NamedConfigs.Resolve(size), BertTasks.MaskedLm).Parameters)
            {
                bool norm = parameter.Name.Contains("norm.");
                bool bias = parameter.Name.EndsWith("bias");
                Assert.Equal(bias ? InitKind.Zeros : norm ? InitKind.Ones : InitKind.Normal, parameter.Init);
                Assert.Equal(!bias && !norm, parameter.Decays);
            }
        }
    }

    [Fact]
    public void TheTwoLayerHeadHasAWidthOfItsOwn()
    {
        foreach (string size in (string[])["base", "distilbert-base", "albert-base"])
        {
            BertConfig config = NamedConfigs.Resolve(size) with { ClassifierHiddenSize = 512 };
            ParameterLayout layout = ParameterLayout.For(config, BertTasks.Classification, 3);
            Assert.Equal([512, 768], layout["classifier.hidden.weight"].Shape);
            Assert.Equal([3, 512], layout["classifier.output.weight"].Shape);
            Assert.Equal("classifier.3.weight", layout["classifier.output.weight"].Pieces[0].HfName);
        }
    }

    [Fact]
    public void AlbertsGroupsAreCountedOnce()
    {
        BertConfig config = NamedConfigs.Resolve("albert-base") with { LayerGroups = 2, LayersPerGroup = 3 };
        ParameterLayout layout = ParameterLayout.For(config, BertTasks.Encoder);
        Assert.Equal(6, layout.Parameters.Max(p => p.Layer) + 1);
        Assert.Equal("encoder.albert_layer_groups.1.albert_layers.2.attention.query.weight", layout["layers.5.attention.qkv.weight"].Pieces[0].HfName);
        Assert.True(config.LayerSchedule.All(k => layout.Contains($"layers.{k}.ffn.in.weight")));
    }

    [Fact]
    public void HeadsThatDoNotExistAreRefused()
    {
        Refusals.Of(() => ParameterLayout.For(NamedConfigs.Resolve("distilbert-base"), BertTasks.Pretraining), "masked-lm");
        Refusals.Of(() => ParameterLayout.For(NamedConfigs.Resolve("tiny"), BertTasks.TokenClassification, 1), "too few classes");
        Refusals.Of(() => BertTasks.Parse("translation"), "translation", "masked-lm");
        Assert.Equal(BertTasks.QuestionAnswering, BertTasks.Parse("qa"));
        Assert.Equal(BertTasks.MaskedLm, BertTasks.OfArchitecture("DistilBertForMaskedLM"));
        Assert.Null(BertTasks.OfArchitecture("GPT2LMHeadModel"));
    }

    private static Recorded[] Records()
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Golden.Find("models", "names.json")));
        return [.. json.RootElement.EnumerateArray().Select(r => new Recorded(
            r.GetProperty("size").GetString()!,
            BertTasks.Parse(r.GetProperty("task").GetString()!),
            r.GetProperty("class").GetString()!,
            r.GetProperty("total").GetInt64(),
            [.. r.GetProperty("tied").EnumerateArray().Select(t => t.GetString()!)],
            [.. r.GetProperty("two_layers").EnumerateArray().Select(t => (t[0].GetString()!, t[1].EnumerateArray().Select(d => d.GetInt32()).ToArray()))]))];
    }
}
