using BareBert.Bert.Exchange.Onnx;
using BareBert.Bert.Exchange.Onnx.Messages;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests.Onnx;

/// <summary>Exported graphs compute what the model does, and are read back as the model they were.</summary>
public sealed class OnnxExporterTests : IDisposable
{
    private readonly CpuKernels _kernels = new(1);
    private readonly Scratch _scratch = new();

    public static IEnumerable<object[]> Cases => ExportCase.All.Select(c => new object[] { c.ToString() });

    public void Dispose()
    {
        _scratch.Dispose();
        _kernels.Dispose();
    }

    // peers/OnnxRuntime holds ONNX Runtime to the same; its differences are of the same size.
    [Theory]
    [MemberData(nameof(Cases))]
    public void PaddedBatchesGiveTheModelsLogits(string name)
    {
        ExportCase @case = ExportCase.Parse(name);
        using BertModel model = @case.Create(_kernels);
        Dictionary<string, float[][]> expected = @case.Expected(_kernels, model);
        (OnnxPrecision, double)[] tries = [(OnnxPrecision.Float32, 1e-4), (OnnxPrecision.Float16, 0.05), (OnnxPrecision.Int8, 1)];
        foreach ((OnnxPrecision precision, double tolerance) in tries)
        {
            ModelProto graph = OnnxExporter.Build(model, @case.Task, precision, hasPooler: true);
            PaddedBatch batch = PaddedBatch.Of(@case.Sequences(), @case.FirstSegment);
            Dictionary<string, float[]> outputs = OnnxInterpreter.Run(graph, batch);
            Assert.Equal(expected.Keys.Order(), outputs.Keys.Order());
            foreach ((string output, float[] values) in outputs)
            {
                double difference = batch.Difference(values, expected[output]);
                Assert.True(difference <= tolerance, $"{precision} {output}: {difference}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void WhatWasExportedIsImportedBitForBit(string name)
    {
        ExportCase @case = ExportCase.Parse(name);
        using BertModel model = @case.Create(_kernels);
        OnnxExporter.Write(_scratch["model.onnx"], model, @case.Task);
        if (@case.Method == "adapter")
        {
            Refusals.Of(() => OnnxCheckpoint.Open(_scratch["model.onnx"]), "Add", "linear layer");
            return;
        }
        using (ImportedModel imported = OnnxCheckpoint.Open(_scratch["model.onnx"]))
        {
            Assert.Equal(model.Layout.ArchitectureName, imported.Layout.ArchitectureName);
            LoadReport report = imported.Save(_scratch["model"], ExportCase.Tokenizer);
            // Vectors of sentences are made without a pooler.
            Assert.All(report.New, name => Assert.True(@case.Task.IsOfSentences && name.StartsWith("pooler", StringComparison.Ordinal), name));
            Assert.Empty(report.Unused);
        }
        BertConfig sizes = ModelFolder.Open(_scratch["model"]).Config;
        Assert.Equal(model.Config with { Architecture = sizes.Architecture, ClassifierDropout = sizes.ClassifierDropout, HiddenDropout = sizes.HiddenDropout, AttentionDropout = sizes.AttentionDropout, QaDropout = sizes.QaDropout }, sizes);
        using BertModel read = BertModel.LoadForTraining(_kernels, ModelFolder.Open(_scratch["model"]), @case.Task, BertModel.TrainAll).Model;
        foreach (ParameterSpec parameter in read.Specs)
            Assert.Equal(model.EffectiveValuesOf(model.Layout[parameter.Name]), read.EffectiveValuesOf(parameter));
    }

    [Fact]
    public void HalfPrecisionIsImportedToo()
    {
        ExportCase @case = ExportCase.All[0];
        using BertModel model = @case.Create(_kernels);
        OnnxExporter.Write(_scratch["model.onnx"], model, @case.Task, OnnxPrecision.Float16);
        using ImportedModel imported = OnnxCheckpoint.Open(_scratch["model.onnx"]);
        imported.Save(_scratch["model"], ExportCase.Tokenizer);
        using BertModel read = BertModel.LoadForTraining(_kernels, ModelFolder.Open(_scratch["model"]), @case.Task, BertModel.TrainAll).Model;
        foreach (ParameterSpec parameter in read.Specs)
            Assert.Equal(Array.ConvertAll(model.EffectiveValuesOf(parameter), x => (float)(Half)x), read.EffectiveValuesOf(parameter));
    }

    [Fact]
    public void ShapesAreFreeAndVersionsAreTold()
    {
        using BertModel model = new ExportCase(ModelFamily.Bert, BertTasks.Classification).Create(_kernels);
        ModelProto graph = OnnxExporter.Build(model, BertTasks.Classification, OnnxPrecision.Float32, hasPooler: true);
        Assert.Equal((8L, 17L), (graph.IrVersion, Assert.Single(graph.OpsetImport).Version));
        Assert.Equal(["input_ids", "attention_mask", "token_type_ids"], graph.Graph.Input.Select(i => i.Name));
        Assert.All(graph.Graph.Input, i => Assert.Equal(["batch", "sequence"], i.Type.TensorType.Shape.Dim.Select(d => d.DimParam)));
        Assert.Equal("""{"0":"bad","1":"so so","2":"good"}""", Assert.Single(graph.MetadataProps).Value);
        Assert.Equal(graph.Graph.Node.Count, graph.Graph.Node.SelectMany(n => n.Output).Distinct().Count());
    }

    [Fact]
    public void BytesKeepToSevenBits()
    {
        using BertModel model = new ExportCase(ModelFamily.Bert, BertTasks.Encoder).Create(_kernels);
        ModelProto graph = OnnxExporter.Build(model, BertTasks.Encoder, OnnxPrecision.Int8, hasPooler: true);
        TensorProto[] bytes = [.. graph.Graph.Initializer.Where(t => t.DataType == 3)];
        Assert.Equal(3 * 6 + 1, bytes.Length);
        Assert.All(bytes, t => Assert.InRange(t.RawData.Max(b => Math.Abs((int)(sbyte)b)), 63, 63));
        // Query, key and value round what they share once.
        Assert.Equal(3 * 4 + 1, graph.Graph.Node.Count(n => n.OpType == "DynamicQuantizeLinear"));
        OnnxExporter.Write(_scratch["model.onnx"], model, BertTasks.Encoder, OnnxPrecision.Int8);
        Refusals.Of(() => OnnxCheckpoint.Open(_scratch["model.onnx"]), "quantised", "MatMulInteger");
    }
}
