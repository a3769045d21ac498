using BareBert.Bert.Exchange.Onnx;
using BareBert.Kernels;
using BareBert.Tests;
using BareBert.Tests.Onnx;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Xunit;

namespace BareBert.OnnxPeer;

/// <summary>A model that was imported embeds texts as ONNX Runtime does with the file it came from.</summary>
public sealed class ImportTests : IDisposable
{
    private const double Tolerance = 1e-5;

    private readonly CpuKernels _kernels = new(2);
    private readonly Scratch _scratch = new();

    public static IEnumerable<object[]> Cases => ExportCase.All.Where(c => c.Method != "adapter").Select(c => new object[] { c.ToString() });

    public void Dispose()
    {
        _scratch.Dispose();
        _kernels.Dispose();
    }

    [Theory]
    [InlineData("MiniLM", false)]
    [InlineData("ArcticXs", false)]
    [InlineData("MiniLM", true)]
    [InlineData("ArcticXs", true)]
    public void PublishedModelsAgreeOn200Texts(string name, bool isOptimized)
    {
        string folder = PublishedModels.Require(name), original = Path.Combine(folder, "model.onnx");
        string file = isOptimized ? Optimize(original) : original;
        using (ImportedModel imported = OnnxCheckpoint.Open(file))
        {
            Assert.Equal((6, 384, 12), (imported.Layout.Config.Layers, imported.Layout.Config.HiddenSize, imported.Layout.Config.Heads));
            imported.Save(_scratch["model"], TokenizerFactory.OpenVocabulary(Path.Combine(folder, "vocab.txt")));
        }
        using BertModel model = BertModel.LoadForTraining(_kernels, ModelFolder.Open(_scratch["model"]), BertTasks.Encoder, BertModel.TrainAll).Model;
        string[] texts = PublishedModels.Texts();
        float[][][] hidden = Hidden(original, model.Tokenizer, texts);
        foreach (Pooling pooling in Enum.GetValues<Pooling>())
        {
            using var embedder = new TextEmbedder(_kernels, model, model.Config.MaxPositions, new SentenceModules { Pooling = pooling });
            float[][] ours = embedder.Embed(texts);
            float[][] theirs = [.. hidden.Select(tokens => Pool(pooling == Pooling.Cls ? tokens[..1] : tokens))];
            double worst = texts.Select((_, i) => ours[i].Zip(theirs[i], (a, b) => Math.Abs(a - b)).Aggregate(0.0, (max, d) => d <= max ? max : d)).Max();
            TestContext.Current.TestOutputHelper!.WriteLine($"{name}, {pooling}, optimised {isOptimized}: {worst:e2}");
            Assert.Equal(200, texts.Length);
            Assert.True(worst <= Tolerance, $"{name} {pooling}: {worst}");
        }
    }

    /// <summary>What ONNX Runtime's optimiser makes of a graph: other nodes, joined weights.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void OptimizedGraphsGiveTheWeightsBack(string name)
    {
        ExportCase @case = ExportCase.Parse(name);
        using BertModel model = @case.Create(_kernels);
        OnnxExporter.Write(_scratch["model.onnx"], model, @case.Task);
        string optimized = Optimize(_scratch["model.onnx"]);
        using ImportedModel imported = OnnxCheckpoint.Open(optimized);
        Assert.Equal((@case.Family, @case.Task), (imported.Layout.Config.Family, imported.Layout.Task));
        imported.Save(_scratch["model"], ExportCase.Tokenizer);
        using BertModel read = BertModel.LoadForTraining(_kernels, ModelFolder.Open(_scratch["model"]), @case.Task, BertModel.TrainAll).Model;
        Dictionary<string, float[][]> before = @case.Expected(_kernels, model), after = @case.Expected(_kernels, read);
        foreach ((string output, float[][] values) in before)
        {
            double worst = values.Zip(after[output]).SelectMany(p => p.First.Zip(p.Second, (a, b) => (double)Math.Abs(a - b))).Max();
            Assert.True(worst <= Tolerance, $"{output}: {worst}");
        }
    }

    /// <summary>The nodes that the tests take apart mean in ONNX Runtime what they are taken for.</summary>
    [Theory]
    [InlineData(FusedAttention.Attention)]
    [InlineData(FusedAttention.MultiHeadAttention)]
    [InlineData(FusedAttention.Split)]
    public void FusedNodesComputeTheModelsOutput(FusedAttention attention)
    {
        var @case = new ExportCase(ModelFamily.Bert, BertTasks.Encoder);
        using BertModel model = @case.Create(_kernels);
        using (FileStream stream = File.Create(_scratch["fused.onnx"]))
            FusedGraph.Build(model, attention).WriteTo(stream);
        using var session = new Session(_scratch["fused.onnx"]);
        PaddedBatch batch = PaddedBatch.Of(@case.Sequences(), @case.FirstSegment);
        double difference = batch.Difference(session.Run(batch)["last_hidden_state"], @case.Expected(_kernels, model)["last_hidden_state"]);
        Assert.True(difference <= Tolerance, $"{difference}");
    }

    private string Optimize(string file)
    {
        using var options = new SessionOptions { GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_EXTENDED, OptimizedModelFilePath = _scratch["optimized.onnx"] };
        new InferenceSession(file, options).Dispose();
        return _scratch["optimized.onnx"];
    }

    /// <summary>The last layer's output for each token of each text, padded in batches of texts of about one length.</summary>
    private static float[][][] Hidden(string file, SubwordTokenizer tokenizer, string[] texts)
    {
        using var session = new Session(file);
        var encoder = new SequenceEncoder(tokenizer, new SequenceOptions(512));
        int[][] sequences = [.. texts.Select(text => encoder.Encode(text).Ids.ToArray())];
        var hidden = new float[texts.Length][][];
        foreach (int[] group in Enumerable.Range(0, texts.Length).OrderBy(i => sequences[i].Length).Chunk(8))
        {
            PaddedBatch batch = PaddedBatch.Of([.. group.Select(i => sequences[i])], length => length);
            float[] all = session.Run(batch)["last_hidden_state"];
            float[][] tokens = [.. all.Chunk(all.Length / (batch.Rows * batch.Columns))];
            for (int row = 0; row < group.Length; row++)
                hidden[group[row]] = tokens[(row * batch.Columns)..(row * batch.Columns + sequences[group[row]].Length)];
        }
        return hidden;
    }

    private static float[] Pool(float[][] tokens) => [.. Enumerable.Range(0, tokens[0].Length).Select(i => (float)tokens.Average(token => (double)token[i]))];
}
