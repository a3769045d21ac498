using System.Text.Json.Nodes;
using BareBert.Autograd;
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

    /// <summary>
    /// What PEFT's loader does with a folder, by name: LoRA goes where a target is the whole name of a module; whichever module's name
    /// ends in one of modules_to_save (PEFT adds classifier, or qa_outputs) is made anew, and every tensor of it must be in the file.
    /// </summary>
    [Theory]
    [InlineData(ModelFamily.Bert, "classification")]
    [InlineData(ModelFamily.Bert, "qa")]
    [InlineData(ModelFamily.DistilBert, "classification")]
    [InlineData(ModelFamily.DistilBert, "qa")]
    [InlineData(ModelFamily.Albert, "classification")]
    [InlineData(ModelFamily.Albert, "qa")]
    public void PeftFindsEveryTensorThatItLooksUp(ModelFamily family, string taskName)
    {
        TaskDefinition task = BertTasks.Parse(taskName);
        const string prefix = "base_model.model.";
        BertConfig config = KeywordSentiment.Config with { Family = family, TypeVocabSize = family == ModelFamily.DistilBert ? 0 : 2 };
        string @base = Directory.CreateDirectory(_folder.At("base")).FullName, adapters = Directory.CreateDirectory(_folder.At("adapters")).FullName;
        string[] names;
        using (BertModel plain = BertModel.Create(_kernels, ParameterLayout.For(config, task, labels: task == BertTasks.Classification ? 2 : 0), KeywordSentiment.Tokenizer, seed: 1))
        {
            plain.Save(@base);
            names = [.. plain.Specs.SelectMany(p => p.Pieces).Select(p => prefix + p.HfName)];
        }
        using (BertModel adapted = BertModel.LoadForTraining(_kernels, ModelFolder.Open(@base), task, BertModel.TrainAll, adapt: layout => new LowRankAdaptation { Rank = 4, Alpha = 8, Modules = LowRankAdaptation.ModulesFor(layout, ["all"]) }).Model)
            adapted.Save(adapters);

        JsonObject json = JsonNode.Parse(File.ReadAllText(Path.Combine(adapters, "adapter_config.json")))!.AsObject();
        using ITensorSource file = TensorSources.Open(Path.Combine(adapters, "adapter_model.safetensors"));
        HashSet<string> expected = [];
        foreach (string target in json["target_modules"]!.AsArray().Select(m => prefix + (string)m!))
        {
            Assert.Contains(target + ".weight", names);
            expected.UnionWith([target + ".lora_A.weight", target + ".lora_B.weight"]);
        }
        string[] saved = [.. json["modules_to_save"]!.AsArray().Select(m => (string)m!), task == BertTasks.Classification ? "classifier" : "qa_outputs"];
        HashSet<string> modules = [.. names.SelectMany(name => Enumerable.Range(0, name.Length).Where(i => name[i] == '.').Select(i => name[..i]))];
        foreach (string module in modules.Where(m => saved.Any(s => m.EndsWith(s, StringComparison.Ordinal))))
            expected.UnionWith(names.Where(name => name.StartsWith(module + ".", StringComparison.Ordinal)));
        Assert.Equal(expected.Order(StringComparer.Ordinal), file.Tensors.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(task == BertTasks.Classification ? "SEQ_CLS" : "QUESTION_ANS", (string?)json["task_type"]);
        Assert.Equal(Path.GetRelativePath(adapters, @base), (string?)json["base_model_name_or_path"]);
        Assert.Empty(json.Select(pair => pair.Key).Except(PeftKeys));
    }

    // Fields of PEFT's LoraConfig.
    private static readonly string[] PeftKeys =
    [
        "base_model_name_or_path", "revision", "inference_mode", "task_type", "peft_type", "r", "lora_alpha", "lora_dropout", "use_rslora", "bias", "fan_in_fan_out",
        "target_modules", "modules_to_save",
    ];

    [Theory]
    [InlineData("SEQ_2_SEQ_LM")]
    [InlineData("CAUSAL_LM")]
    public void AFolderOfPeftForAnotherTaskIsRefused(string task)
    {
        string adapters = Save(FineTuningMethod.Lora), config = Path.Combine(adapters, "adapter_config.json");
        foreach (string file in Directory.GetFiles(adapters).Where(f => !Path.GetFileName(f).StartsWith("adapter_", StringComparison.Ordinal)))
            File.Delete(file);
        File.WriteAllText(config, File.ReadAllText(config).Replace("SEQ_CLS", task, StringComparison.Ordinal));
        Refusals.Of(() => BertTasks.Of(ModelFolder.Open(adapters)), "task_type", task);
    }

    [Theory]
    [InlineData(FineTuningMethod.Lora)]
    [InlineData(FineTuningMethod.Qlora)]
    [InlineData(FineTuningMethod.Adapter)]
    public void WhatIsReadPredictsWhatWasWritten(FineTuningMethod method)
    {
        float[] written = [];
        string adapters = Save(method, model => written = Probabilities(model));
        using BertModel read = BertModel.LoadForTraining(_kernels, ModelFolder.Open(adapters), BertTasks.Classification, BertModel.TrainAll).Model;
        Assert.Equal(written, Probabilities(read));
        Assert.Equal(KeywordSentiment.Labels, read.Config.Labels);
    }

    [Fact]
    public void MergedWeightsPredictTheSame()
    {
        string adapters = Save(FineTuningMethod.Lora), merged = _folder.At("merged");
        Directory.CreateDirectory(merged);
        float[] expected;
        using (BertModel model = BertModel.LoadForTraining(_kernels, ModelFolder.Open(adapters), BertTasks.Classification, BertModel.TrainAll).Model)
        {
            expected = Probabilities(model);
            model.SaveMerged(merged);
        }
        (BertModel plain, LoadReport report) = BertModel.LoadForTraining(_kernels, ModelFolder.Open(merged), BertTasks.Classification, BertModel.TrainAll);
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
        using (BertModel model = BertModel.LoadForTraining(_kernels, ModelFolder.Open(adapters), BertTasks.Classification, BertModel.TrainAll).Model)
            expected = Probabilities(model);
        foreach (string file in Directory.GetFiles(adapters).Where(f => !Path.GetFileName(f).StartsWith("adapter_", StringComparison.Ordinal)))
            File.Delete(file);
        using BertModel bare = BertModel.LoadForTraining(_kernels, ModelFolder.Open(adapters), BertTasks.Classification, BertModel.TrainAll).Model;
        Assert.Equal(expected, Probabilities(bare));
    }

    [Fact]
    public void WhatDoesNotFitIsRefused()
    {
        string adapters = Save(FineTuningMethod.Lora), config = Path.Combine(adapters, "adapter_config.json"), good = File.ReadAllText(config);
        void Refuses(string text, params string[] parts)
        {
            File.WriteAllText(config, text);
            Refusals.Of(() => BertModel.LoadForTraining(_kernels, ModelFolder.Open(adapters), BertTasks.Classification, BertModel.TrainAll).Model.Dispose(), parts);
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
        Refuses(With("use_dora", true), "lora_magnitude_vector");
        Refuses(With("use_qalora", true), "use_qalora", "rsLoRA");
        Refuses(With("alpha_pattern", new JsonObject { ["query"] = "many" }), "alpha_pattern", "query");
        Refuses(With("alpha_pattern", new JsonObject { ["query("] = 32 }), "alpha_pattern", "regular expression");
        Refuses(With("rank_pattern", new JsonObject { ["query"] = 2.5 }), "rank_pattern", "2.5");
        Refuses(With("rank_pattern", new JsonObject { ["query"] = 2 }), "[4, 32]", "[2, 32]");
        Refuses(With("rank_pattern", 2), "rank_pattern");
        Refuses(With("layer_replication", new JsonArray(new JsonArray(0, 2))), "layer_replication");
        Refuses(With("init_lora_weights", "pissa"), "init_lora_weights", "pissa");
        Refuses(With("r", 0), "r is no number");
        Refuses(With("r", 8), "[4, 32]");
        Refuses(With("base_model_name_or_path", "nowhere"), "nowhere", "missing");
        File.WriteAllText(config, good);
        using (BertModel other = BertModel.Create(_kernels, ParameterLayout.For(KeywordSentiment.Config, BertTasks.Classification), KeywordSentiment.Tokenizer, seed: 6))
            other.Save(_folder.At("base"));
        Refuses(good, "the base model has changed");
    }

    [Fact]
    public void BottleneckAdaptersCannotBeMerged()
    {
        using BertModel model = BertModel.LoadForTraining(_kernels, ModelFolder.Open(Save(FineTuningMethod.Adapter)), BertTasks.Classification, BertModel.TrainAll).Model;
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
        ParameterLayout layout = ParameterLayout.For(config, BertTasks.Classification);
        Assert.Equal(modules, LowRankAdaptation.ModulesFor(layout, targets.Split(',')).Count);
        Refusals.Of(() => LowRankAdaptation.ModulesFor(layout, ["nothing"]), "`Target` nothing", "query");
    }

    // A folder of adapters that are not what they started as.
    private string Save(FineTuningMethod method, Action<BertModel>? look = null)
    {
        string @base = KeywordSentiment.SaveBase(_folder.At("base"), _kernels), folder = _folder.At("adapters");
        using BertModel model = BertModel.LoadForTraining(_kernels, ModelFolder.Open(@base), BertTasks.Classification, BertModel.TrainAll, adapt: layout => Adaptations.Of(method, layout)).Model;
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
        return ((ClassificationOutcome)classifier.Judge("valid", KeywordSentiment.Texts(20, seed: 3))).Probabilities;
    }
}
