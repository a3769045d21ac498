using System.Text.Json;
using BareBert.Bert.Exchange.Onnx;
using BareBert.Bert.Exchange.Onnx.Export;
using BareBert.Bert.Exchange.Onnx.Messages;
using BareBert.Kernels;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Xunit;

namespace BareBert.Tests.Onnx;

/// <summary>Graphs that others wrote: read where they are a BERT's, refused in one line that names the node where they are not.</summary>
public sealed class OnnxCheckpointTests : IDisposable
{
    private readonly CpuKernels _kernels = new(1);
    private readonly Scratch _scratch = new();

    public void Dispose()
    {
        _scratch.Dispose();
        _kernels.Dispose();
    }

    [Theory]
    [InlineData("bert", "bert", ModelFamily.Bert, "classification")]
    [InlineData("bert-fused", "bert", ModelFamily.Bert, "classification")]
    [InlineData("distilbert", "distilbert", ModelFamily.DistilBert, "qa")]
    [InlineData("albert", "albert", ModelFamily.Albert, "masked-lm")]
    public void PytorchsGraphsGiveWhatPytorchComputed(string file, string expected, ModelFamily family, string taskName)
    {
        TaskDefinition task = BertTasks.Parse(taskName);
        using (ImportedModel imported = OnnxCheckpoint.Open(Golden.Find("onnx", file + ".onnx")))
        {
            BertConfig config = imported.Layout.Config;
            Assert.Equal((family, task, 4, 16, 30), (config.Family, imported.Layout.Task, config.Heads, config.MaxPositions, config.VocabSize));
            Assert.Equal(family == ModelFamily.Albert ? [0, 0, 1, 1] : [0, 1], config.LayerSchedule);
            Assert.Empty(imported.Notes);
            Assert.Empty(imported.Save(_scratch["model"], SmallTokenizer).New);
        }
        JsonElement recorded = JsonDocument.Parse(File.ReadAllBytes(Golden.Find("onnx", "expected.json"))).RootElement.GetProperty(expected);
        using BertModel model = BertModel.LoadForTraining(_kernels, ModelFolder.Open(_scratch["model"]), task, BertModel.TrainAll).Model;
        int[] lengths = [.. Rows<int>(recorded, "attention_mask").Select(row => row.Sum())];
        int[][] ids = [.. Rows<int>(recorded, "input_ids").Zip(lengths, (row, length) => row[..length])];
        Dictionary<string, float[][]> outputs = ModelOutputs.Of(_kernels, model, ids, _ => family == ModelFamily.DistilBert ? 9 : 3);
        foreach (JsonProperty output in recorded.GetProperty("outputs").EnumerateObject())
        {
            double[][] rows = [.. output.Value.EnumerateArray().Select(row => Flat(row).ToArray())];
            for (int row = 0; row < rows.Length; row++)
            {
                for (int i = 0; i < outputs[output.Name][row].Length; i++)
                    Assert.True(Math.Abs(outputs[output.Name][row][i] - rows[row][i]) <= 1e-5, $"{output.Name} {row} {i}");
            }
        }
    }

    // peers/OnnxRuntime runs the same graphs, so the nodes mean what is taken here.
    [Theory]
    [InlineData(FusedAttention.Attention)]
    [InlineData(FusedAttention.MultiHeadAttention)]
    [InlineData(FusedAttention.Split)]
    public void FusedNodesAreTakenApart(FusedAttention attention)
    {
        using BertModel model = new ExportCase(ModelFamily.Bert, BertTasks.Encoder).Create(_kernels);
        using ImportedModel imported = OnnxCheckpoint.Open(Write(FusedGraph.Build(model, attention)));
        LoadReport report = imported.Save(_scratch["model"], ExportCase.Tokenizer);
        Assert.Equal(["pooler.dense.weight", "pooler.dense.bias"], report.New);
        (BertModel loaded, LoadReport again) = BertModel.LoadForTraining(_kernels, ModelFolder.Open(_scratch["model"]), BertTasks.Encoder, BertModel.TrainAll);
        using BertModel read = loaded;
        Assert.Equal(report.New, again.New);
        foreach (ParameterSpec parameter in read.Specs.Where(p => p.IsEncoder))
            Assert.Equal(model.EffectiveValuesOf(parameter), read.EffectiveValuesOf(parameter));
    }

    /// <summary>What a fused node does beyond BERT's attention, or adds beyond the one bias, must not be lost in silence.</summary>
    [Fact]
    public void FusedNodesThatDoMoreAreRefused()
    {
        using BertModel model = new ExportCase(ModelFamily.Bert, BertTasks.Encoder).Create(_kernels);
        foreach (FusedAttention fused in new[] { FusedAttention.Attention, FusedAttention.MultiHeadAttention })
        {
            foreach ((string name, float value, string why) in new[] { ("scale", 0.5f, "root of the heads' width"), ("softcap", 30f, "softcap") })
            {
                ModelProto graph = FusedGraph.Build(model, fused);
                First(graph, $"{fused}").Attribute.Add(GraphBuilder.Attribute(name, value));
                Refusals.Of(() => OnnxCheckpoint.Open(Write(graph)).Dispose(), fused.ToString(), why);
            }
        }
        ModelProto biased = FusedGraph.Build(model, FusedAttention.Attention);
        NodeProto gelu = First(biased, "BiasGelu"), multiply = biased.Graph.Node.First(n => n.Output.Contains(gelu.Input[0]));
        biased.Graph.Node.Insert(biased.Graph.Node.IndexOf(gelu), new NodeProto { OpType = "Add", Name = "second", Input = { multiply.Output[0], gelu.Input[1] }, Output = { "added" } });
        gelu.Input[0] = "added";
        Refusals.Of(() => OnnxCheckpoint.Open(Write(biased)).Dispose(), "a second one");

        static NodeProto First(ModelProto graph, string kind) => graph.Graph.Node.First(n => n.OpType == kind);
    }

    [Fact]
    public void WhatIsNotUnderstoodIsNamed()
    {
        Refused(graph => Node(graph, "layer.1/Softmax").OpType = "Sigmoid", "Sigmoid 'layer.1/Softmax_", "softmax");
        Refused(graph => Node(graph, "layer.0/Erf").OpType = "Sin", "Sin 'layer.0/Erf_", "activation function");
        Refused(graph => Node(graph, "layer.0/Erf").OpType = "Relu", "layer.1/LayerNormalization_", "Gelu among others with Relu");
        Refused(graph => Node(graph, "layer.2/LayerNormalization").OpType = "RMSNormalization", "layer.2/MatMul", "a further layer begins here");
        Refused(graph => Node(graph, "layer.0/Div").Input[1] = graph.Initializer.First(t => t.Name == "0.5").Name, "layer.0/MatMul_", "root of the heads' width");
        Refused(graph => Node(graph, "embeddings/Range").Input[1] = "input_ids", "embeddings", "RoBERTa");
        Refused(graph => Node(graph, "embeddings/LayerNormalization").OpType = "Softplus", "no LayerNorm over a sum of embeddings");
        // A dense layer on the pooler's output that is none of the heads known here is left out, and said.
        ModelProto model = Exported(BertTasks.Encoder);
        model.Graph.Node.Insert(model.Graph.Node.Count, new NodeProto { OpType = "MatMul", Name = "dense", Input = { "last_hidden_state", "encoder.layer.0.intermediate.dense.weight.T" }, Output = { "sentence" } });
        using ImportedModel imported = OnnxCheckpoint.Open(Write(model));
        Assert.Contains("left out: MatMul 'dense', a linear layer of 64 to 128 columns", Assert.Single(imported.Notes));
    }

    /// <summary>Another program's metadata of the same names, or a damaged file's.</summary>
    [Theory]
    [InlineData("id2label", "[1]")]
    [InlineData("id2label", "{\"0\": \"a\"}")]
    [InlineData("problem_type", "guessing")]
    [InlineData("no_answer_threshold", "2")]
    public void MetadataThatMakeNoSenseAreLeftAlone(string key, string value)
    {
        ModelProto model = Exported(BertTasks.Classification);
        model.MetadataProps.Clear();
        model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
        using ImportedModel imported = OnnxCheckpoint.Open(Write(model));
        BertConfig config = imported.Layout.Config;
        Assert.Equal((0, null, null), (config.Labels.Count, config.ProblemType, config.NoAnswerThreshold));
        Assert.Equal(3, imported.Layout.Labels);
    }

    [Fact]
    public void HeadsThatTheShapesDoNotTellComeFromTheScaleOrTheUser()
    {
        ModelProto model = Exported(BertTasks.Encoder);
        TensorProto shape = model.Graph.Initializer.Single(t => t.Name == "[0,0,4,16]");
        shape.Name = "other";
        foreach (NodeProto node in model.Graph.Node.Where(n => n.Input.Contains("[0,0,4,16]")))
            node.Input[1] = "computed";
        model.Graph.Node.Insert(0, new NodeProto { OpType = "Shape", Input = { "input_ids" }, Output = { "computed" } });
        using (ImportedModel imported = OnnxCheckpoint.Open(Write(model)))
            Assert.Equal(4, imported.Layout.Config.Heads);
        foreach (NodeProto node in model.Graph.Node.Where(n => n.Name.Contains("Div") && n.Input[1] == "4"))
            node.Input[1] = "width";
        model.Graph.Node.Insert(1, new NodeProto { OpType = "Sqrt", Input = { "computed" }, Output = { "width" } });
        Refusals.Of(() => OnnxCheckpoint.Open(Write(model)), "layer.0", "`Heads`");
        using (ImportedModel imported = OnnxCheckpoint.Open(Write(model), heads: 4))
            Assert.Equal(4, imported.Layout.Config.Heads);
    }

    [Fact]
    public void BrokenFilesAreRefused()
    {
        Refusals.Of(() => OnnxCheckpoint.Open(_scratch["none.onnx"]), "no such file");
        Refusals.Of(() => OnnxCheckpoint.Open(_scratch.File("a.onnx", [])), "has no graph");
        Refusals.Of(() => OnnxCheckpoint.Open(_scratch.File("a.onnx", "<html>not a model</html>")), "not an ONNX file");
        Refused(graph => graph.Initializer.First(t => t.Dims.Count == 2).Dims[0]++, "a broken tensor", "embeddings.word_embeddings.weight");
        Refused(graph => graph.Initializer.First(t => t.Dims.Count == 2).Dims[0] = -1, "a broken tensor");
        Refused(graph => graph.Initializer.First(t => t.Dims.Count == 2).Dims.Add([long.MaxValue, long.MaxValue]), "a broken tensor");
        Refused(graph => graph.Node[1].Input[0] = "nothing", "which nothing before it makes");
        Refused(graph => graph.Node[1].Output[0] = graph.Node[0].Output[0], "made twice");
        Refused(graph => graph.Node.Add(graph.Node[3].Clone()), "made twice");
        Refused(graph => Node(graph, "layer.0/Softmax").Input.Clear(), "layer.0/Softmax_", "lacks inputs");
        Refused(graph => { for (int i = 0; i < graph.Node.Count / 2; i++) graph.Node.Add(graph.Node[0]); }, "made twice");
    }

    [Fact]
    public void ExternalDataIsReadFromTheModelsFolderAlone()
    {
        byte[] graph = File.ReadAllBytes(Golden.Find("onnx", "bert.onnx"));
        string copy = _scratch.File("bert.onnx", graph);
        Refusals.Of(() => Read(copy), "no such file", "bert.data");
        _scratch.File("bert.data", File.ReadAllBytes(Golden.Find("onnx", "bert.data"))[..^8]);
        Refusals.Of(() => Read(copy), "external data of another length");
        foreach (string elsewhere in (string[])["../bert.data", "/etc/passwd", ""])
        {
            ModelProto model = ModelProto.Parser.ParseFrom(graph);
            foreach (TensorProto tensor in model.Graph.Initializer)
                tensor.ExternalData.Single(e => e.Key == "location").Value = elsewhere;
            Refusals.Of(() => Read(Write(model)), "outside the model's folder");
        }
    }

    [Fact]
    public void SpoiltFilesAreReadOrRefused()
    {
        byte[] good = Exported(BertTasks.Classification).ToByteArray();
        byte[] albert = File.ReadAllBytes(Golden.Find("onnx", "albert.onnx"));
        Prop.ForAll(Gen.OneOf(Mutations.Of(good), Mutations.Of(albert), Mutations.Noise(200)).ToArbitrary(), bytes =>
            Refusals.SucceedsOrRefuses(() => Read(_scratch.File("spoilt.onnx", bytes)))).HoldsFor(300);
    }

    /// <summary>Nodes and values exchanged: graphs that are well formed, or nearly, and mean something else.</summary>
    [Fact]
    public void ShuffledGraphsAreReadOrRefused()
    {
        ModelProto good = Exported(BertTasks.Classification);
        string[] values = [.. good.Graph.Node.SelectMany(n => n.Output).Concat(good.Graph.Initializer.Select(t => t.Name)), "input_ids", ""];
        string[] operators = [.. good.Graph.Node.Select(n => n.OpType).Distinct(), "Attention", "SkipLayerNormalization", "EmbedLayerNormalization", "MultiHeadAttention", "Split", "Slice", "Concat", "Where", "Constant"];
        Gen<(int Node, int Kind, int Choice)[]> edits = (from node in Gen.Choose(0, good.Graph.Node.Count - 1)
            from kind in Gen.Choose(0, 4)
            from choice in Gen.Choose(0, 10_000)
            select (node, kind, choice)).ArrayOf(2);
        Prop.ForAll(edits.ToArbitrary(), list =>
        {
            ModelProto model = good.Clone();
            foreach ((int at, int kind, int choice) in list)
            {
                NodeProto node = model.Graph.Node[Math.Min(at, model.Graph.Node.Count - 1)];
                switch (kind)
                {
                    case 0 when node.Input.Count > 0: node.Input[choice % node.Input.Count] = values[choice % values.Length]; break;
                    case 1: (node.OpType, node.Domain) = (operators[choice % operators.Length], choice % 2 == 0 ? "" : "com.microsoft"); break;
                    case 2: node.Attribute.Clear(); break;
                    case 3: node.Input.Add(values[choice % values.Length]); break;
                    default: model.Graph.Node.Remove(node); break;
                }
            }
            return Refusals.SucceedsOrRefuses(() => Read(Write(model)));
        }).HoldsFor(500);
    }

    private static SubwordTokenizer SmallTokenizer { get; } = new WordPieceTokenizer(new Vocabulary([.. Vocabulary.SpecialTokenNames, "a", "b"]));

    private static IEnumerable<T[]> Rows<T>(JsonElement recorded, string name) => recorded.GetProperty(name).Deserialize<T[][]>()!;

    private static IEnumerable<double> Flat(JsonElement element) =>
        element.ValueKind == JsonValueKind.Array ? element.EnumerateArray().SelectMany(Flat) : [element.GetDouble()];

    private static NodeProto Node(GraphProto graph, string name) => graph.Node.First(n => n.Name.StartsWith(name + "_", StringComparison.Ordinal));

    private ModelProto Exported(TaskDefinition task)
    {
        using BertModel model = new ExportCase(ModelFamily.Bert, task).Create(_kernels);
        return OnnxExporter.Build(model, task, OnnxPrecision.Float32, hasPooler: true);
    }

    private string Write(ModelProto model) => _scratch.File("model.onnx", model.ToByteArray());

    private void Refused(Action<GraphProto> spoil, params string[] parts)
    {
        ModelProto model = Exported(BertTasks.Encoder);
        spoil(model.Graph);
        Refusals.Of(() => Read(Write(model)), parts);
    }

    private void Read(string path)
    {
        using ImportedModel imported = OnnxCheckpoint.Open(path);
        string folder = _scratch[Guid.NewGuid().ToString("N")];
        imported.Save(folder, SmallTokenizer);
        Directory.Delete(folder, recursive: true);
    }
}
