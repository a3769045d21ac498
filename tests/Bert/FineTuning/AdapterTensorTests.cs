using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>
/// Folders as PEFT writes them and BareBert does not: every tensor changes what comes out as it does there, which a whole model with the
/// changed weights tells, or is refused by name.
/// </summary>
public sealed class AdapterTensorTests : IDisposable
{
    private const string Prefix = "base_model.model.";
    private const int Rank = 4;
    private const double Scale = 2; // alpha 8 over rank 4

    private readonly CpuKernels _kernels = new(1);
    private readonly TemporaryFolder _folder = new();
    private readonly SortedDictionary<string, (int[] Shape, float[] Values)> _tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, float[]> _expected = [];
    private ulong _seed = 10;
    private string _more = "";

    public AdapterTensorTests()
    {
        using BertModel model = BertModel.Create(_kernels, Layout, KeywordSentiment.Tokenizer, seed: 3);
        model.Save(Directory.CreateDirectory(_folder.At("base")).FullName);
        using ITensorSource file = TensorSources.Open(_folder.At("base"));
        foreach (StoredTensor tensor in file.Tensors.Values)
            file.ReadFloats(tensor.Name, _expected[tensor.Name] = new float[tensor.Count]);
        Replace("classifier.weight", 2, 32);
        AddLora("bert.encoder.layer.0.attention.self.query", 32, 32);
    }

    private static ParameterLayout Layout => ParameterLayout.For(KeywordSentiment.Config, BertTasks.Classification);

    public void Dispose()
    {
        _folder.Dispose();
        _kernels.Dispose();
    }

    [Fact]
    public void Embeddings_of_any_kind_are_adapted()
    {
        AddEmbeddingLora("bert.embeddings.word_embeddings", KeywordSentiment.Config.VocabSize, 32);
        AddEmbeddingLora("bert.embeddings.position_embeddings", 24, 32);
        RequireAsExpected();
    }

    [Fact]
    public void Embeddings_alone_are_adapted()
    {
        foreach (string name in _tensors.Keys.Where(name => name.Contains("lora_")).ToArray())
            _tensors.Remove(name);
        using (ITensorSource file = TensorSources.Open(_folder.At("base")))
            file.ReadFloats("bert.encoder.layer.0.attention.self.query.weight", _expected["bert.encoder.layer.0.attention.self.query.weight"]);
        AddEmbeddingLora("bert.embeddings.word_embeddings", KeywordSentiment.Config.VocabSize, 32);
        RequireAsExpected();
    }

    [Theory]
    [InlineData("query")]
    [InlineData("key")]
    [InlineData("value")]
    public void A_saved_module_that_is_one_of_three_joined_ones_takes_its_place(string module)
    {
        Replace($"bert.encoder.layer.1.attention.self.{module}.weight", 32, 32);
        Replace($"bert.encoder.layer.1.attention.self.{module}.bias", 32);
        RequireAsExpected();
    }

    [Fact]
    public void Pooler_and_head_are_adapted()
    {
        AddLora("bert.pooler.dense", 32, 32);
        AddLora("classifier", 2, 32);
        RequireAsExpected();
    }

    [Fact]
    public void Embeddings_saved_whole_under_the_layer_that_wraps_them_take_their_place()
    {
        const string name = "bert.embeddings.word_embeddings.weight";
        Replace(name, KeywordSentiment.Config.VocabSize, 32);
        Assert.True(_tensors.Remove(Prefix + name, out (int[], float[]) whole));
        _tensors[Prefix + "bert.embeddings.word_embeddings.base_layer.weight"] = whole;
        AddEmbeddingLora("bert.embeddings.word_embeddings", KeywordSentiment.Config.VocabSize, 32);
        RequireAsExpected();
    }

    /// <summary>PEFT takes the first pattern that is the end of a module's name, as a regular expression.</summary>
    [Fact]
    public void Modules_have_ranks_and_alphas_of_their_own()
    {
        _more = """, "rank_pattern": {"attention.output.dense": 2, "layer\\.[01]\\.intermediate": 3, "pooler.dense": 1, "uery": 9}, "alpha_pattern": {"dense": 5}""";
        AddLora("bert.encoder.layer.0.attention.output.dense", 32, 32, rank: 2, scale: 5.0 / 2);
        AddLora("bert.encoder.layer.1.attention.self.value", 32, 32);
        AddLora("bert.pooler.dense", 32, 32, rank: 1, scale: 5);
        AddLora("bert.encoder.layer.1.output.dense", 32, 64, scale: 5.0 / 4);
        RequireAsExpected();
    }

    [Fact]
    public void What_has_sizes_of_its_own_keeps_them_when_it_is_saved()
    {
        _more = """, "rank_pattern": {"value": 2}, "alpha_pattern": {"self.value": 6}""";
        AddLora("bert.encoder.layer.1.attention.self.value", 32, 32, rank: 2, scale: 3);
        string again = Directory.CreateDirectory(_folder.At("again")).FullName;
        using (BertModel model = BertModel.LoadForInference(_kernels, ModelFolder.Open(Write()), BertTasks.Classification))
            model.Save(again);
        RequireAsExpected(again);
    }

    /// <summary>Liu et al. 2024: W' = m·(W + s·B·A)/‖W + s·B·A‖, row by row.</summary>
    [Theory]
    [InlineData(".weight")]
    [InlineData("")]
    public void Rows_have_the_lengths_that_were_learned(string end)
    {
        _more = """, "use_dora": true""";
        foreach ((string module, int n, int k) in new[] { ("bert.encoder.layer.1.attention.self.value", 32, 32), ("bert.encoder.layer.1.intermediate.dense", 64, 32), ("bert.pooler.dense", 32, 32) })
            AddLora(module, n, k);
        foreach (string module in _tensors.Keys.Where(name => name.EndsWith("lora_A.weight")).Select(name => name[Prefix.Length..^".lora_A.weight".Length]).ToArray())
        {
            float[] weight = _expected[module + ".weight"];
            int n = _tensors[$"{Prefix}{module}.lora_B.weight"].Shape[0], k = weight.Length / n;
            float[] lengths = Add($"{module}.lora_magnitude_vector{end}", n);
            for (int row = 0; row < n; row++)
            {
                double norm = Math.Sqrt(weight.Skip(row * k).Take(k).Sum(w => (double)w * w));
                for (int i = row * k; i < (row + 1) * k; i++)
                    weight[i] = (float)(lengths[row] * weight[i] / norm);
            }
        }
        RequireAsExpected();
    }

    [Fact]
    public void What_changes_the_base_model_is_not_trained_further()
    {
        Replace("bert.encoder.layer.1.output.dense.bias", 32);
        string folder = Write();
        Refusals.Of(() => BertModel.LoadForTraining(_kernels, ModelFolder.Open(folder), BertTasks.Classification, BertModel.TrainAll).Model.Dispose(), "merge", folder);
    }

    /// <summary>bias: all and lora_only, and lora_bias.</summary>
    [Fact]
    public void Biases_that_learned_take_their_place()
    {
        _more = """, "bias": "all", "lora_bias": true""";
        Replace("bert.encoder.layer.1.output.LayerNorm.bias", 32);
        Replace("bert.encoder.layer.1.intermediate.dense.bias", 64);
        const string query = "bert.encoder.layer.0.attention.self.query";
        Replace($"{query}.bias", 32);
        Assert.True(_tensors.Remove($"{Prefix}{query}.bias", out (int[], float[]) wrapped));
        _tensors[$"{Prefix}{query}.base_layer.bias"] = wrapped;
        float[] more = Add($"{query}.lora_B.bias", 32), bias = _expected[$"{query}.bias"];
        for (int i = 0; i < more.Length; i++)
            bias[i] += (float)(Scale * more[i]);
        RequireAsExpected();
    }

    [Fact]
    public void A_file_of_torch_is_read()
    {
        AddLora("bert.pooler.dense", 32, 32);
        string folder = Write();
        File.Delete(Path.Combine(folder, "adapter_model.safetensors"));
        Refusals.Of(() => Open(folder), "adapter_model.bin", folder);
        File.WriteAllBytes(Path.Combine(folder, "adapter_model.bin"),
            TorchFile.Of(_tensors.ToDictionary(t => t.Key, t => (object)new TorchFile.Tensor(t.Value.Values, t.Value.Shape))));
        RequireAsExpected(folder);
    }

    [Theory]
    [InlineData("bert.encoder.layer.0.attention.self.query.lora_magnitude_vector", "lora_magnitude_vector")]
    [InlineData("bert.encoder.layer.0.attention.self.query.bias_of_another", "bias_of_another")]
    [InlineData("bert.encoder.layer.7.attention.self.query.lora_A.weight", "layer.7")]
    [InlineData("bert.encoder.layer.1.attention.self.query.lora_B.weight", "layer.1")]
    [InlineData("bert.encoder.layer.0.attention.output.LayerNorm.lora_A.weight", "LayerNorm")]
    [InlineData("score.weight", "score.weight")]
    public void A_tensor_without_a_place_is_refused_by_name(string name, string part)
    {
        _tensors[Prefix + name] = ([2, 2], [1, 2, 3, 4]);
        Refusals.Of(() => Open(Write()), "without a place", part);
    }

    [Fact]
    public void Half_of_a_product_is_refused()
    {
        AddEmbeddingLora("bert.embeddings.word_embeddings", KeywordSentiment.Config.VocabSize, 32);
        _tensors.Remove(Prefix + "bert.embeddings.word_embeddings.lora_embedding_B");
        Refusals.Of(() => Open(Write()), "lora_embedding_B");
    }

    [Fact]
    public void What_is_not_saved_with_adapters_is_not_lost_by_saving()
    {
        AddEmbeddingLora("bert.embeddings.word_embeddings", KeywordSentiment.Config.VocabSize, 32);
        using BertModel model = BertModel.LoadForInference(_kernels, ModelFolder.Open(Write()), BertTasks.Classification);
        Refusals.Of(() => model.Save(_folder.At("base")), "merged");
    }

    private void RequireAsExpected(string? folder = null)
    {
        string whole = Directory.CreateDirectory(_folder.At("whole")).FullName, merged = Directory.CreateDirectory(_folder.At("merged")).FullName;
        using (BertModel plain = BertModel.Create(_kernels, Layout, KeywordSentiment.Tokenizer, seed: 1))
        {
            foreach (ParameterSpec parameter in plain.Specs)
                plain.Set(parameter, [.. parameter.Pieces.SelectMany(piece => _expected[piece.HfName])]);
            plain.Save(whole);
        }
        float[] expected = Open(whole);
        folder ??= Write();
        RequireEqual(expected, Open(folder));
        using (BertModel adapted = BertModel.LoadForInference(_kernels, ModelFolder.Open(folder), BertTasks.Classification))
            adapted.SaveMerged(merged);
        RequireEqual(expected, Open(merged));
        Assert.DoesNotContain(Open(_folder.At("base")).Zip(expected), pair => Math.Abs(pair.First - pair.Second) <= 1e-4);
    }

    private static void RequireEqual(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-5, $"{pair.First} {pair.Second}"));
    }

    private float[] Open(string folder)
    {
        using BertModel model = BertModel.LoadForInference(_kernels, ModelFolder.Open(folder), BertTasks.Classification);
        using var classifier = new TextClassifier(_kernels, model);
        return [.. new[] { "the film was good", "a dull story with music" }.SelectMany(text => classifier.Predict(text).Probabilities)];
    }

    private string Write()
    {
        string folder = Directory.CreateDirectory(_folder.At("adapters")).FullName;
        File.WriteAllText(Path.Combine(folder, "adapter_config.json"), """
            {"peft_type": "LORA", "task_type": "SEQ_CLS", "base_model_name_or_path": "../base", "r": 4, "lora_alpha": 8, "target_modules": "all-linear"
            """ + _more + "}");
        var writer = new SafetensorsWriter();
        foreach ((string name, (int[] shape, float[] values)) in _tensors)
            writer.Add(name, shape.Select(d => (long)d), () => values);
        using FileStream stream = File.Create(Path.Combine(folder, "adapter_model.safetensors"));
        writer.WriteTo(stream);
        return folder;
    }

    private void Replace(string name, params int[] shape) => _expected[name] = [.. Add(name, shape)];

    private void AddLora(string module, int n, int k, int rank = Rank, double scale = Scale)
    {
        float[] a = Add($"{module}.lora_A.weight", rank, k), b = Add($"{module}.lora_B.weight", n, rank);
        Change($"{module}.weight", k, (row, col, i) => b[row * rank + i] * a[i * k + col], rank, scale);
    }

    private void AddEmbeddingLora(string module, int entries, int width)
    {
        float[] a = Add($"{module}.lora_embedding_A", Rank, entries), b = Add($"{module}.lora_embedding_B", width, Rank);
        Change($"{module}.weight", width, (entry, col, i) => a[i * entries + entry] * b[col * Rank + i]);
    }

    private void Change(string weight, int width, Func<int, int, int, float> term, int rank = Rank, double scale = Scale)
    {
        float[] values = _expected[weight];
        for (int at = 0; at < values.Length; at++)
            values[at] += (float)(scale * Enumerable.Range(0, rank).Sum(i => (double)term(at / width, at % width, i)));
    }

    private float[] Add(string name, params int[] shape)
    {
        var random = new PhiloxStream(_seed++, 4);
        var values = new float[shape.Aggregate(1, (product, d) => product * d)];
        for (int i = 0; i < values.Length; i++)
            values[i] = (float)(0.2 * random.NextNormal());
        _tensors[Prefix + name] = (shape, values);
        return values;
    }
}
