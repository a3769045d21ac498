using System.Text.Json;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>A classifier that reads the mean of all tokens: trained, saved, opened and resumed as one.</summary>
[Collection(nameof(CliCollection))]
public sealed class ClassifierPoolingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string[] _train;

    public ClassifierPoolingTests()
    {
        using (var kernels = new CpuKernels(1))
            KeywordSentiment.SaveBase(_folder.At("base"), kernels);
        string data = _folder.Write("labels.csv", "text,label\n" + string.Join('\n', KeywordSentiment.Texts(120, 3).Examples.Select(e => $"{e.Text},{KeywordSentiment.Labels[e.Label]}")) + "\n");
        _train = ["finetune", "--task", "classification", "--data", data, "--model", _folder.At("base"), "--pooling", "mean", "--lr", "5e-3", "--schedule", "constant", "--warmup", "4", "--batch-size", "8", "--json"];
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("frozen")]
    [InlineData("full")]
    public void The_mean_is_read_wherever_the_model_is(string method)
    {
        string run = _folder.At("run"), halves = _folder.At("halves");
        JsonElement result = CliRun.Of([.. _train, "--method", method, "--epochs", "4", "--out", run]).Json();
        CliRun.Of([.. _train, "--method", method, "--steps", "9", "--out", halves]).Succeeded();
        JsonElement resumed = CliRun.Of("finetune", "--resume", halves, "--epochs", "4", "--json").Json();
        Assert.Equal(result.GetProperty("best_value").GetDouble(), resumed.GetProperty("best_value").GetDouble());
        ModelFolder best = ModelFolder.Open(run);
        Assert.Equal(Pooling.Mean, best.Config.ClassifierPooling);
        using (ITensorSource weights = best.OpenWeights())
            Assert.DoesNotContain(weights.Tensors.Keys, name => name.Contains("pooler"));
        Assert.Contains("mean of all tokens", File.ReadAllText(Path.Combine(run, "best", "README.md")));
        // What the head reads is the mean, and nothing else.
        using var kernels = new CpuKernels(1);
        using BertModel model = BertModel.LoadForInference(kernels, best, BertTasks.Classification);
        using var embedder = new TextEmbedder(kernels, model, 24);
        using var classifier = new TextClassifier(kernels, model);
        float[] mean = embedder.Embed(["the film was good"])[0], weight = model.CopyOf(model.Layout["classifier.output.weight"]), bias = model.CopyOf(model.Layout["classifier.output.bias"]);
        double[] scores = [.. Enumerable.Range(0, 2).Select(c => bias[c] + mean.Select((x, i) => (double)x * weight[c * mean.Length + i]).Sum())];
        float[] said = classifier.Predict("the film was good").Probabilities;
        Assert.True(Math.Abs(said[1] - 1 / (1 + Math.Exp(scores[0] - scores[1]))) <= 1e-5);
    }

    /// <summary>Which sequences are run through the encoder together depends on where a run was resumed; a sequence's mean must not.</summary>
    [Fact]
    public void A_resumed_run_that_keeps_other_features_ends_at_the_same_bytes()
    {
        string[] train = [.. _train, "--method", "frozen", "--feature-cache", "8KB"];
        string whole = _folder.At("whole"), halves = _folder.At("halves");
        CliRun.Of([.. train, "--epochs", "3", "--out", whole]).Succeeded();
        CliRun.Of([.. train, "--steps", "9", "--out", halves]).Succeeded();
        CliRun.Of("finetune", "--resume", halves, "--epochs", "3", "--json").Succeeded();
        foreach (string file in (string[])["model.safetensors", "optimizer.safetensors"])
            Assert.Equal(File.ReadAllBytes(Path.Combine(whole, "checkpoint", file)), File.ReadAllBytes(Path.Combine(halves, "checkpoint", file)));
    }

    [Fact]
    public void The_first_evaluation_can_be_spared()
    {
        JsonElement evaluations = CliRun.Of([.. _train, "--method", "frozen", "--epochs", "2", "--no-first-evaluation", "--out", _folder.At("run")]).Json().GetProperty("evaluations");
        Assert.Equal([1, 2], evaluations.EnumerateArray().Select(e => (int)e.GetProperty("epoch").GetDouble()));
    }

    [Fact]
    public void Another_pooling_is_refused_by_name()
    {
        string config = File.ReadAllText(_folder.At("base", "config.json"));
        _folder.Write("base/config.json", config.Insert(config.IndexOf('{') + 1, "\"classifier_pooling\": \"attention\","));
        Refusals.Of(() => ModelFolder.Open(_folder.At("base")), "classifier_pooling", "attention");
    }
}
