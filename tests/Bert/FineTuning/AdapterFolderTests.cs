using System.Text.Json.Nodes;
using BareBert.Autograd;
using BareBert.Bert;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>Adapters in PEFT's files: written and read back, merged, and refused where they do not fit.</summary>
public sealed class AdapterFolderTests : IDisposable
{
    private readonly CpuKernels _kernels = new(1);
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _folder.Dispose();
        _kernels.Dispose();
    }

    [Fact]
    public void LoraHasPeftsNamesAndShapes()
    {
        string adapters = Save(FineTuningMethod.Lora);
        using ITensorSource file = TensorSources.Open(Path.Combine(adapters, "adapter_model.safetensors"));
        const string layer = "base_model.model.bert.encoder.layer.1.";
        Assert.Equal([4, 32], file.Tensors[layer + "attention.self.query.lora_A.weight"].Shape);
        Assert.Equal([32, 4], file.Tensors[layer + "attention.self.value.lora_B.weight"].Shape);
        Assert.Equal([64, 4], file.Tensors[layer + "intermediate.dense.lora_B.weight"].Shape);
        Assert.Equal([2, 32], file.Tensors["base_model.model.classifier.weight"].Shape);
        Assert.Contains("base_model.model.bert.pooler.dense.weight", file.Tensors.Keys);
        Assert.DoesNotContain(file.Tensors.Keys, name => name.Contains("attention.self.key") || name.Contains("embeddings"));
        JsonObject config = JsonNode.Parse(File.ReadAllText(Path.Combine(adapters, "adapter_config.json")))!.AsObject();
        Assert.Equal(("LORA", "SEQ_CLS", 4, 8.0), ((string?)config["peft_type"], (string?)config["task_type"], (int)config["r"]!, (double)config["lora_alpha"]!));
        Assert.Contains("bert.encoder.layer.0.attention.self.query", config["target_modules"]!.AsArray().Select(m => (string?)m));
        Assert.Equal(["pooler", "classifier"], config["modules_to_save"]!.AsArray().Select(m => (string?)m));
    }

    [Theory]
    [InlineData(FineTuningMethod.Lora)]
    [InlineData(FineTuningMethod.Qlora)]
    [InlineData(FineTuningMethod.Adapter)]
    public void WhatIsReadPredictsWhatWasWritten(FineTuningMethod method)
    {
        float[] written = [];
        string adapters = Save(method, model => written = Probabilities(model));
        using BertModel read = BertModel.Load(_kernels, adapters, ModelTask.Classification).Model;
        Assert.Equal(written, Probabilities(read));
        Assert.Equal(KeywordSentiment.Labels, read.Config.Labels);
    }

    [Fact]
    public void MergedWeightsPredictTheSame()
    {
        string adapters = Save(FineTuningMethod.Lora), merged = _folder.At("merged");
        Directory.CreateDirectory(merged);
        float[] expected;
        using (BertModel model = BertModel.Load(_kernels, adapters, ModelTask.Classification).Model)
        {
            expected = Probabilities(model);
            model.SaveMerged(merged);
        }
        (BertModel plain, LoadReport report) = BertModel.Load(_kernels, merged, ModelTask.Classification);
        using (plain)
        {
            Assert.Empty(report.New);
            Assert.Empty(report.Unused);
            Assert.Null(plain.Adaptation);
            Assert.All(expected.Zip(Probabilities(plain)), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-5));
        }
    }

    [Fact]
    public void AFolderOfPeftWithoutConfigAndTokenizerTakesThoseOfItsBase()
    {
        string adapters = Save(FineTuningMethod.Lora);
        float[] expected;
        using (BertModel model = BertModel.Load(_kernels, adapters, ModelTask.Classification).Model)
            expected = Probabilities(model);
        foreach (string file in Directory.GetFiles(adapters).Where(f => !Path.GetFileName(f).StartsWith("adapter_", StringComparison.Ordinal)))
            File.Delete(file);
        using BertModel bare = BertModel.Load(_kernels, adapters, ModelTask.Classification).Model;
        Assert.Equal(expected, Probabilities(bare));
    }

    [Fact]
    public void WhatDoesNotFitIsRefused()
    {
        string adapters = Save(FineTuningMethod.Lora), config = Path.Combine(adapters, "adapter_config.json"), good = File.ReadAllText(config);
        void Refuses(string text, params string[] parts)
        {
            File.WriteAllText(config, text);
            Refusals.Of(() => BertModel.Load(_kernels, adapters, ModelTask.Classification).Model.Dispose(), parts);
        }
        string With(string key, JsonNode? value)
        {
            JsonObject json = JsonNode.Parse(good)!.AsObject();
            json[key] = value;
            return json.ToJsonString();
        }
        Refuses("{", "not a JSON object");
        Refuses("{\"r\": 1, \"r\": 2}", "not a JSON object", "adapter_config.json");
        Refuses(With("peft_type", "PROMPT_TUNING"), "PROMPT_TUNING", "peft_type");
        Refuses(With("use_dora", true), "use_dora");
        Refuses(With("bias", "all"), "bias");
        Refuses(With("r", 0), "r is no number");
        Refuses(With("r", 8), "[4, 32]");
        Refuses(With("base_model_name_or_path", "nowhere"), "nowhere", "missing");
        File.WriteAllText(config, good);
        using (BertModel other = BertModel.Create(_kernels, ParameterLayout.For(KeywordSentiment.Config, ModelTask.Classification), KeywordSentiment.Tokenizer, seed: 6))
            other.Save(_folder.At("base"));
        Refuses(good, "the base model has changed");
    }

    [Fact]
    public void BottleneckAdaptersCannotBeMerged()
    {
        using BertModel model = BertModel.Load(_kernels, Save(FineTuningMethod.Adapter), ModelTask.Classification).Model;
        string folder = _folder.At("merged");
        Directory.CreateDirectory(folder);
        Refusals.Of(() => model.SaveMerged(folder), "cannot be merged");
    }

    [Theory]
    [InlineData(ModelFamily.Bert, "query,value", 4)]
    [InlineData(ModelFamily.Bert, "all", 12)]
    [InlineData(ModelFamily.Bert, "attention.output.dense,ffn-in", 4)]
    [InlineData(ModelFamily.DistilBert, "q_lin,v_lin", 4)]
    [InlineData(ModelFamily.Albert, "query,key", 2)]
    public void TargetsAreModulesOfTheFamily(ModelFamily family, string targets, int modules)
    {
        BertConfig config = KeywordSentiment.Config with { Family = family, TypeVocabSize = family == ModelFamily.DistilBert ? 0 : 2 };
        ParameterLayout layout = ParameterLayout.For(config, ModelTask.Classification);
        Assert.Equal(modules, LowRankAdaptation.ModulesFor(layout, targets.Split(',')).Count);
        Refusals.Of(() => LowRankAdaptation.ModulesFor(layout, ["nothing"]), "--target nothing", "query");
    }

    // A folder of adapters that are not what they started as.
    private string Save(FineTuningMethod method, Action<BertModel>? look = null)
    {
        string @base = KeywordSentiment.SaveBase(_folder.At("base"), _kernels), folder = _folder.At("adapters");
        using BertModel model = BertModel.Load(_kernels, @base, ModelTask.Classification, adapt: layout => Adaptations.Of(method, layout)).Model;
        var random = new PhiloxStream(4, 4);
        foreach (ParameterSpec added in model.Specs.Where(p => p.IsAdded))
            model.Set(added, [.. Enumerable.Range(0, added.Count).Select(_ => (float)(0.2 * random.NextNormal()))]);
        Directory.CreateDirectory(folder);
        model.Save(folder);
        look?.Invoke(model);
        return folder;
    }

    private float[] Probabilities(BertModel model)
    {
        using var classifier = new TextClassifier(_kernels, model);
        return classifier.Judge("valid", KeywordSentiment.Texts(20, seed: 3)).Probabilities;
    }
}
