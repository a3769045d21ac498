using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BareBert.Tests;

public sealed class TensorSourcesTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void AShardedModelReadsLikeOneFile()
    {
        // The folder holds an index and no model.safetensors, so the index is what is found.
        using ITensorSource source = TensorSources.Open(Golden.Find("safetensors"));
        Assert.EndsWith("model.safetensors.index.json", source.Path);
        Assert.Equal(["a", "b"], source.Tensors.Keys);
        Assert.Equal([1, 2], source.Tensors["b"].Shape);
        var values = new float[2];
        source.ReadFloats("b", values);
        Assert.Equal([3, 4], values);
        Refusals.Of(() => source.ReadFloats("c", values), "no tensor 'c'");
    }

    [Fact]
    public void SafetensorsAreTakenBeforeAPickle()
    {
        File.Copy(Golden.Find("pytorch", "zip.bin"), _scratch["pytorch_model.bin"]);
        using (ITensorSource pickle = TensorSources.Open(_scratch.Root))
            Assert.IsType<PytorchBinFile>(pickle);
        File.Copy(Golden.Find("safetensors", "written.safetensors"), _scratch["model.safetensors"]);
        using ITensorSource safe = TensorSources.Open(_scratch.Root);
        Assert.IsType<SafetensorsFile>(safe);
    }

    [Theory]
    [InlineData("""{"weight_map":{"a":"../model.safetensors"}}""", "not a file name")]
    [InlineData("""{"weight_map":{"a":"/etc/passwd.safetensors"}}""", "not a file name")]
    [InlineData("""{"weight_map":{"a":"..\\x.safetensors"}}""", "not a file name")]
    [InlineData("""{"weight_map":{"a":"model.safetensors.index.json"}}""", "not a file name")]
    [InlineData("""{"weight_map":{"a":7}}""", "not a file name")]
    [InlineData("""{"weight_map":{"a":"x\u0000.safetensors"}}""", "not a file name")]
    [InlineData("""{"weight_map":{"a":"gone.safetensors"}}""", "no such file")]
    [InlineData("""{"weight_map":{"z":"one.safetensors"}}""", "no tensor 'z'")]
    [InlineData("""{"weight_map":{"a":"one.safetensors","a":"one.safetensors"}}""", "twice")]
    [InlineData("""{"weight_map":[]}""", "no weight_map")]
    [InlineData("""[]""", "no weight_map")]
    [InlineData("""{"weight_map":{"\ud800":"one.safetensors"}}""", "not JSON")]
    [InlineData("""{""", "not JSON")]
    public void AnIndexIsChecked(string json, string why)
    {
        File.Copy(Golden.Find("safetensors", "model-00001-of-00002.safetensors"), _scratch["one.safetensors"]);
        string path = _scratch.File("model.safetensors.index.json", json);
        Refusals.Of(() => TensorSources.Open(path), why);
    }

    [Fact]
    public void SurvivesSpoiltIndices()
    {
        foreach (string shard in (string[])["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"])
            File.Copy(Golden.Find("safetensors", shard), _scratch[shard]);
        byte[] good = File.ReadAllBytes(Golden.Find("safetensors", "model.safetensors.index.json"));
        Prop.ForAll(Gen.OneOf(Mutations.Of(good), Mutations.Noise(40)).ToArbitrary(), bytes =>
        {
            string path = _scratch.File("model.safetensors.index.json", bytes);
            return Refusals.SucceedsOrRefuses(() => TensorSources.Open(path).Dispose());
        }).HoldsFor(300);
    }

    [Fact]
    public void APlaceWithoutWeightsIsRefused()
    {
        Refusals.Of(() => TensorSources.Open(_scratch.Root), _scratch.Root, "pytorch_model.bin");
        Refusals.Of(() => TensorSources.Open(_scratch["nothing"]), "no such file");
        Refusals.Of(() => TensorSources.Open(_scratch.File("model.onnx", "x")), "not a format");
    }
}
