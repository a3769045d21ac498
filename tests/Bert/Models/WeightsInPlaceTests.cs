using System.Runtime.InteropServices;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>A model that is used where its file is mapped.</summary>
public sealed class WeightsInPlaceTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly CpuKernels _kernels = new(1);

    public WeightsInPlaceTests() => KeywordSentiment.SaveBase(_scratch.Root, _kernels);

    public void Dispose()
    {
        _kernels.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public void The_parameters_are_those_that_are_read()
    {
        ModelFolder folder = ModelFolder.Open(_scratch.Root);
        using BertModel inPlace = BertModel.LoadForInference(_kernels, folder, BertTasks.Encoder);
        (BertModel read, _) = BertModel.LoadForTraining(_kernels, folder, BertTasks.Encoder, BertModel.TrainNone);
        using (read)
        {
            foreach (ParameterSpec parameter in read.Layout.Parameters)
                Assert.Equal(read.CopyOf(parameter), inPlace.CopyOf(parameter));
        }
        using ITensorSource source = folder.OpenWeights();
        IReadOnlyDictionary<string, nint> places = WeightLoader.InPlace(source, inPlace.Layout);
        Assert.Contains("embeddings.word", places.Keys);
        Assert.DoesNotContain("layers.0.attention.qkv.weight", places.Keys);
    }

    [Fact]
    public void What_is_set_changes_no_file()
    {
        ModelFolder folder = ModelFolder.Open(_scratch.Root);
        byte[] file = File.ReadAllBytes(_scratch["model.safetensors"]);
        using (BertModel model = BertModel.LoadForInference(_kernels, folder, BertTasks.Encoder))
        {
            ParameterSpec words = model.Layout["embeddings.word"];
            var ones = new float[words.Count];
            ones.AsSpan().Fill(1);
            model.Set(words, ones);
            Assert.Equal(ones, model.CopyOf(words));
        }
        Assert.Equal(file, File.ReadAllBytes(_scratch["model.safetensors"]));
    }

    [Theory]
    [InlineData(float.NaN, "NaN")]
    [InlineData(float.NegativeInfinity, "infinity")]
    public void Weights_that_are_no_numbers_are_refused(float value, string what)
    {
        byte[] file = File.ReadAllBytes(_scratch["model.safetensors"]);
        // The last element of the last tensor.
        MemoryMarshal.Write(file.AsSpan(file.Length - sizeof(float)), value);
        _scratch.File("model.safetensors", file);
        File.Delete(_scratch["SHA256SUMS"]);
        Refusals.Of(() => BertModel.LoadForInference(_kernels, ModelFolder.Open(_scratch.Root), BertTasks.Encoder).Dispose(), what, "model.safetensors");
    }

    [Fact]
    public void A_file_that_was_cut_short_is_said_to_be_damaged()
    {
        CheckpointSeal.Write(_scratch.Root);
        byte[] file = File.ReadAllBytes(_scratch["model.safetensors"]);
        _scratch.File("model.safetensors", file[..^8]);
        Refusals.Of(() => TextEmbedder.Open(_scratch.Root).Dispose(), "model.safetensors", "damaged");
    }
}
