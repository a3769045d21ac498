using System.Text.Json;
using BareBert.Bert.Explanations;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>Models that are used in 8 bits.</summary>
[Collection(nameof(CliCollection))]
public sealed class Int8Tests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public Int8Tests()
    {
        using var kernels = new CpuKernels(1);
        KeywordSentiment.SaveBase(_folder.At("base"), kernels);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Vectors_are_nearly_those_of_floats()
    {
        string[] embed = ["embed", "--model", _folder.At("base"), "--json", "the film was good", "a bad film"];
        float[][] floats = Vectors(CliRun.Of(embed).Json()), bytes = Vectors(CliRun.Of([.. embed, "--int8"]).Json());
        Assert.All(floats.Zip(bytes), pair =>
        {
            double error = Math.Sqrt(pair.First.Zip(pair.Second, (a, b) => (double)(a - b) * (a - b)).Sum()), length = Math.Sqrt(pair.First.Sum(x => (double)x * x));
            Assert.True(error <= 0.02 * length, $"{error} of {length}");
            Assert.True(error > 0);
        });
        Assert.Equal(bytes, Vectors(CliRun.Of([.. embed, "--int8", "--device", "reference"]).Json()), (a, b) => a.Zip(b, (x, y) => Math.Abs(x - y) <= 1e-3).All(near => near));
    }

    [Fact]
    public void Probabilities_are_nearly_those_of_floats()
    {
        string folder = Directory.CreateDirectory(_folder.At("classifier")).FullName;
        using (var kernels = new CpuKernels(1))
        using (BertModel model = BertModel.Create(kernels, ParameterLayout.For(KeywordSentiment.Config with { Labels = KeywordSentiment.Labels }, BertTasks.Classification), KeywordSentiment.Tokenizer, seed: 5))
            model.Save(folder);
        double[] Said(params string[] more) => [.. CliRun.Of(["predict", "--model", folder, "--json", "the film was good", "a bad film", .. more]).Json().GetProperty("predictions").EnumerateArray()
            .Select(p => p.GetProperty("probabilities").GetProperty("positive").GetDouble())];
        double[] floats = Said(), bytes = Said("--int8");
        Assert.All(floats.Zip(bytes), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= 0.01, $"{pair}"));
        Assert.NotEqual(floats, bytes);
    }

    [Fact]
    public void A_gpu_does_not_do_it_and_nothing_is_explained_by_it()
    {
        CliRun.Of("embed", "--model", _folder.At("base"), "--int8", "--device", "emulated", "a").Refused("--int8", "--device emulated");
        CliRun.Of("explain", "a", "--model", _folder.At("base"), "--int8").Refused("--int8");
        Refusals.Of(() => Explainer.Open(_folder.At("base"), new InferenceOptions { Int8 = true }), "Int8", "gradients");
    }

    private static float[][] Vectors(JsonElement json) =>
        [.. json.GetProperty("embeddings").EnumerateArray().Select(one => one.GetProperty("vector").EnumerateArray().Select(x => x.GetSingle()).ToArray())];
}
