using System.Text;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>Checkpoints as trainers, the hub and its cache leave them: wrapped, nested, linked, with tensors of other kinds, damaged by training.</summary>
public sealed class PublishedFilesTests : IDisposable
{
    private static readonly BertConfig Tiny = new()
    {
        VocabSize = 11, HiddenSize = 8, Layers = 1, Heads = 2, IntermediateSize = 12, MaxPositions = 6, Labels = ["bad", "good"],
    };

    private static readonly ParameterLayout Layout = ParameterLayout.For(Tiny, BertTasks.Classification);

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    public static TheoryData<string> Wrappers => ["", "module.", "model.", "_orig_mod.", "model._orig_mod.", "module.model.", "net.", "0.auto_model.", "student.encoder."];

    [Theory, MemberData(nameof(Wrappers))]
    public void TensorsAreFoundWhateverTheyAreWrappedIn(string wrapper) => AssertLoads(
        _scratch.File("w.bin", TorchFile.Of(Tensors(name => wrapper + name))));

    /// <summary>A trainer's own module holds the bare encoder as an attribute, and a head beside it.</summary>
    [Theory]
    [InlineData("model.")]
    [InlineData("encoder.")]
    [InlineData("bert.")]
    public void AnEncoderMayBeWrappedWithoutItsHead(string wrapper) => AssertLoads(_scratch.File("w.bin", TorchFile.Of(
        Tensors(name => name.StartsWith("bert.", StringComparison.Ordinal) ? wrapper + name["bert.".Length..] : name))));

    [Theory]
    [InlineData("state_dict")]
    [InlineData("model_state_dict")]
    [InlineData("model")]
    [InlineData("module")]
    public void WeightsMayLieALevelDown(string key) => AssertLoads(_scratch.File("w.bin", TorchFile.Of(new Dictionary<string, object>
    {
        ["epoch"] = 3,
        ["optimizer"] = new Dictionary<string, object> { ["exp_avg"] = new TorchFile.Tensor([1, 2], 2) },
        [key] = Tensors(name => name),
    })));

    [Fact]
    public void ShapesMayStandAmongTheTensors()
    {
        Dictionary<string, object> tensors = Tensors(name => name);
        tensors["input_shape"] = new TorchFile.Call("torch", "Size", 2, 128);
        AssertLoads(_scratch.File("w.bin", TorchFile.Of(tensors)));
        tensors["hook"] = new TorchFile.Call("os", "system", 1);
        Refusals.Of(() => TensorSources.Open(_scratch.File("w.bin", TorchFile.Of(tensors))), "refused", "'os.system'");
    }

    [Fact]
    public void AFileThatIsWholeIsNotSaidToBeCutShort() => Assert.DoesNotContain("again", Refusals.Of(
        () => TensorSources.Open(_scratch.File("w.bin", TorchFile.Of(new Dictionary<string, object> { ["epoch"] = 3 }))), "no weights", "model_state_dict"));

    [Fact]
    public void LinksAreFollowed()
    {
        Directory.CreateDirectory(_scratch["blobs"]);
        Directory.CreateDirectory(_scratch["snapshot"]);
        Save(_scratch["blobs"]);
        foreach (string file in Directory.GetFiles(_scratch["blobs"]))
            File.CreateSymbolicLink(Path.Combine(_scratch["snapshot"], Path.GetFileName(file)), Path.Combine("..", "blobs", Path.GetFileName(file)));
        ModelFolder folder = ModelFolder.Open(_scratch["snapshot"]);
        using ITensorSource weights = folder.OpenWeights();
        Assert.Empty(WeightLoader.Load(weights, Layout, (_, _) => { }).New);
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("pytorch_model.bin")]
    [InlineData("model.safetensors.index.json")]
    public void APointerOfGitLfsIsNamed(string name) => Refusals.Of(
        () => TensorSources.Open(_scratch.File(name, Pointer)), "a Git LFS pointer", name, "git lfs pull");

    [Theory]
    [InlineData("vocab.txt")]
    [InlineData("tokenizer.json")]
    public void APointerOfGitLfsIsNamedAmongATokenizersFilesToo(string name)
    {
        _scratch.File(name, Pointer);
        Refusals.Of(() => TokenizerFactory.Load(_scratch.Root), "a Git LFS pointer", name, "git lfs pull");
    }

    [Theory]
    [InlineData("U16", 2)]
    [InlineData("F8_E4M3", 1)]
    [InlineData("F4", 2)]
    public void TensorsOfOtherKindsAreNoticed(string type, int bytes)
    {
        string path = WithForeign(type, bytes, "quant.state");
        using ITensorSource file = TensorSources.Open(path);
        LoadReport report = WeightLoader.Load(file, Layout, (_, _) => { });
        Assert.Empty(report.New);
        Assert.Equal("quant.state", Assert.Single(report.Foreign).Name);
        Refusals.Of(() => file.ReadFloats("quant.state", new float[1]), "not a tensor of floating-point numbers", "quant.state");
    }

    [Theory]
    [InlineData(float.NaN, "NaN")]
    [InlineData(float.PositiveInfinity, "infinity")]
    public void WeightsThatAreNoNumbersAreNamed(float wrong, string said)
    {
        Dictionary<string, object> tensors = Tensors(name => name);
        ((TorchFile.Tensor)tensors["classifier.bias"]).Values[1] = wrong;
        using ITensorSource file = TensorSources.Open(_scratch.File("w.bin", TorchFile.Of(tensors)));
        Refusals.Of(() => WeightLoader.Load(file, Layout, (_, _) => { }), "'classifier.bias'", $"holds {said} at 1");
    }

    /// <summary>New words begin as the mean of the old ones; the vocabulary, the sizes and the file grow with them.</summary>
    [Fact]
    public void TokensThatAreAddedGetRowsOfTheirOwn()
    {
        Save(_scratch.Root);
        _scratch.File("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nc\nd\ne\nf\n");
        _scratch.File("pytorch_model.bin", TorchFile.Of(Tensors(name => name)));
        File.Delete(_scratch["model.safetensors"]);
        using var kernels = new CpuKernels(1);
        (BertModel model, LoadReport report) = BertModel.LoadForTraining(kernels, ModelFolder.Open(_scratch.Root), BertTasks.Classification, BertModel.TrainAll, addTokens: ["[E1]", "b", "[E2]"]);
        using (model)
        {
            Assert.Empty(report.New);
            Assert.Equal((13, 13), (model.Config.VocabSize, model.Tokenizer.VocabularySize));
            Assert.Equal([5, 11, 6, 12], model.Tokenizer.Tokenize("a[E1]b[E2]").Ids.ToArray());
            float[] words = model.Parameters["embeddings.word"].Value.ToArray<float>();
            for (int column = 0; column < 8; column++)
            {
                float mean = (float)Enumerable.Range(0, 11).Average(row => (double)words[row * 8 + column]);
                Assert.Equal(Value("bert.embeddings.word_embeddings.weight", 3 * 8 + column), words[3 * 8 + column]);
                Assert.True(Math.Abs(mean - words[11 * 8 + column]) <= 1e-6 && words[11 * 8 + column] == words[12 * 8 + column]);
            }
            using var saved = new Scratch();
            model.Save(saved.Root);
            using BertModel again = BertModel.LoadForInference(kernels, ModelFolder.Open(saved.Root), BertTasks.Classification);
            Assert.Equal([5, 11, 6, 12], again.Tokenizer.Tokenize("a[E1]b[E2]").Ids.ToArray());
            Assert.Equal(words, again.Parameters["embeddings.word"].Value.ToArray<float>());
        }
    }

    [Theory]
    [InlineData("\"pruned_heads\": {\"0\": [1]}", "pruned_heads")]
    [InlineData("\"problem_type\": \"ranking\"", "problem_type")]
    [InlineData("\"hidden_act\": \"gelu_10\"", "hidden_act")]
    [InlineData("\"position_embedding_type\": \"relative_key\"", "position_embedding_type")]
    public void WhatAConfigurationAsksForAndIsNotDoneIsRefused(string field, string key) => Refusals.Of(() => Parse(field), key);

    [Fact]
    public void WhatHeldForTheOldWeightsIsNotCarriedOn()
    {
        BertConfig config = Parse("\"pruned_heads\": {}, \"dtype\": \"float16\", \"auto_map\": {\"AutoModel\": \"x.Y\"}, \"quantization_config\": {\"bits\": 4}, \"use_cache\": true, \"hidden_act\": \"gelu_fast\"");
        ModelFolder.Save(_scratch.Root, ParameterLayout.For(config with { Labels = ["bad", "good"] }, BertTasks.Classification), parameter => new float[parameter.Count]);
        string saved = File.ReadAllText(_scratch["config.json"]);
        Assert.Contains("use_cache", saved, StringComparison.Ordinal);
        foreach (string key in (string[])["\"dtype\"", "auto_map", "quantization_config", "pruned_heads"])
            Assert.DoesNotContain(key, saved, StringComparison.Ordinal);
    }

    private const string Pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 123\n";

    private static BertConfig Parse(string fields) => BertConfigJson.Parse(Encoding.UTF8.GetBytes($$"""
        {"model_type": "bert", "vocab_size": 11, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 12, "max_position_embeddings": 6, {{fields}}}
        """), "config.json");

    private static float Value(string name, int index) => (name.Length + index % 7) / 64f;

    private static Dictionary<string, object> Tensors(Func<string, string> rename) => Layout.Parameters.SelectMany(p => p.Pieces).ToDictionary(
        piece => rename(piece.HfName),
        piece => (object)new TorchFile.Tensor([.. Enumerable.Range(0, piece.Count).Select(i => Value(piece.HfName, i))], piece.Shape));

    private static void AssertLoads(string path)
    {
        var loaded = new Dictionary<string, float[]>();
        using ITensorSource file = TensorSources.Open(path);
        LoadReport report = WeightLoader.Load(file, Layout, (parameter, values) => loaded.Add(parameter.Name, values.ToArray()));
        Assert.Empty(report.New);
        TensorPiece key = Layout["layers.0.attention.qkv.weight"].Pieces[1];
        Assert.Equal(Enumerable.Range(0, key.Count).Select(i => Value(key.HfName, i)), loaded["layers.0.attention.qkv.weight"][key.Offset..(key.Offset + key.Count)]);
    }

    private static void Save(string folder) => ModelFolder.Save(folder, Layout, parameter => new float[parameter.Count]);

    // A file of the model's with one more tensor at its end.
    private string WithForeign(string type, int bytes, string name)
    {
        Save(_scratch.Root);
        byte[] whole = File.ReadAllBytes(_scratch["model.safetensors"]);
        int length = (int)BitConverter.ToUInt64(whole);
        int data = whole.Length - 8 - length;
        string header = Encoding.UTF8.GetString(whole, 8, length).TrimEnd()[..^1] + $",\"{name}\":{{\"dtype\":\"{type}\",\"shape\":[1],\"data_offsets\":[{data},{data + bytes}]}}}}";
        byte[] json = Encoding.UTF8.GetBytes(header);
        return _scratch.File("foreign.safetensors", [.. BitConverter.GetBytes((ulong)json.Length), .. json, .. whole[(8 + length)..], .. new byte[bytes]]);
    }
}
