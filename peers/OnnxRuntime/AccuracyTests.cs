using BareBert.Kernels;
using BareBert.Tests;
using BareBert.Tests.Onnx;
using Xunit;

namespace BareBert.OnnxPeer;

/// <summary>What half precision and bytes cost a trained classifier, on its own test data, as ONNX Runtime runs it.</summary>
public sealed class AccuracyTests
{
    [Fact]
    public void RoundingCostsLittleAccuracy()
    {
        string? run = Environment.GetEnvironmentVariable("BAREBERT_CLASSIFIER"), data = Environment.GetEnvironmentVariable("BAREBERT_CLASSIFIER_DATA");
        if (run is null || data is null)
            Assert.Skip("needs BAREBERT_CLASSIFIER to name a run for classification, and BAREBERT_CLASSIFIER_DATA its data");
        using var scratch = new Scratch();
        using var kernels = new CpuKernels(2);
        using BertModel model = BertModel.LoadForInference(kernels, ModelFolder.Open(run), BertTasks.Classification);
        ClassificationSplits splits = ClassificationData.Read(data, sstPhrases: false);
        ClassificationDataset test = (splits.Test ?? splits.Validation ?? splits.Train).WithLabels(model.Config.Labels, data);
        var accuracies = new Dictionary<OnnxPrecision, double>();
        foreach (OnnxPrecision precision in Enum.GetValues<OnnxPrecision>())
        {
            OnnxExporter.Write(scratch["model.onnx"], model, BertTasks.Classification, precision);
            accuracies[precision] = Accuracy(scratch["model.onnx"], model.Tokenizer, test);
            TestContext.Current.TestOutputHelper!.WriteLine($"{precision}: accuracy {accuracies[precision]:P2} of {test.Examples.Count:N0}, {new FileInfo(scratch["model.onnx"]).Length:N0} bytes");
        }
        double ours = ((ClassificationOutcome)new TextClassifier(kernels, model).Judge("test", test)).Report().Accuracy;
        TestContext.Current.TestOutputHelper!.WriteLine($"BareBert: accuracy {ours:P2}");
        Assert.True(Math.Abs(accuracies[OnnxPrecision.Float32] - ours) <= 1.5 / test.Examples.Count);
        Assert.True(accuracies[OnnxPrecision.Float16] >= ours - 0.01);
        Assert.True(accuracies[OnnxPrecision.Int8] >= ours - 0.02);
    }

    private static double Accuracy(string file, SubwordTokenizer tokenizer, ClassificationDataset data)
    {
        using var session = new Session(file);
        var encoder = new SequenceEncoder(tokenizer, new SequenceOptions(512));
        int right = 0;
        foreach (ClassificationExample[] examples in data.Examples.Chunk(32))
        {
            PaddedBatch batch = PaddedBatch.Of([.. examples.Select(e => encoder.Encode(e.Text).Ids.ToArray())], length => length);
            float[][] logits = [.. session.Run(batch)["logits"].Chunk(data.Classes)];
            right += examples.Where((e, i) => Array.IndexOf(logits[i], logits[i].Max()) == e.Label).Count();
        }
        return (double)right / data.Examples.Count;
    }
}
