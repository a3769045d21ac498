using BareBert.Kernels;
namespace BareBert.Bert.Models;

/// <summary>The published models' sizes under their usual names, and that of the sample's model.</summary>
/// <remarks>
/// tiny to large: Turc et al. 2019, arXiv:1908.08962, and Devlin et al. 2018; distilbert-base and albert-base as published with
/// distilbert-base-uncased and albert-base-v2. sample is nobody's but ours: docs/pretraining.md says what its heads are for.
/// </remarks>
public static class NamedConfigs
{
    private static readonly Dictionary<string, BertConfig> ByName = new()
    {
        ["tiny"] = Bert(layers: 2, hidden: 128),
        ["mini"] = Bert(layers: 4, hidden: 256),
        ["small"] = Bert(layers: 4, hidden: 512),
        ["medium"] = Bert(layers: 8, hidden: 512),
        ["base"] = Bert(layers: 12, hidden: 768),
        ["large"] = Bert(layers: 24, hidden: 1024),
        ["distilbert-base"] = Bert(layers: 6, hidden: 768) with
        {
            Family = ModelFamily.DistilBert,
            TypeVocabSize = 0,
            ClassifierDropout = 0.2,
            QaDropout = 0.1,
        },
        ["albert-base"] = Bert(layers: 12, hidden: 768) with
        {
            Family = ModelFamily.Albert,
            VocabSize = 30000,
            EmbeddingSize = 128,
            Activation = Activation.GeluTanh,
            HiddenDropout = 0,
            AttentionDropout = 0,
            ClassifierDropout = 0.1,
        },
        ["sample"] = Bert(layers: 2, hidden: 128) with { Heads = 8 },
    };

    /// <summary>All names, small models first in each family.</summary>
    public static IReadOnlyCollection<string> Names => ByName.Keys;

    /// <summary>The configuration of that name, or of the hub's own (<c>bert-base-uncased</c>, <c>albert-base-v2</c>, …).</summary>
    public static bool TryGet(string name, out BertConfig config)
    {
        string known = name switch
        {
            "bert-base-uncased" => "base",
            "bert-large-uncased" => "large",
            "distilbert-base-uncased" => "distilbert-base",
            "albert-base-v2" => "albert-base",
            _ => name,
        };
        bool found = ByName.TryGetValue(known, out BertConfig? value);
        config = value ?? new BertConfig();
        return found;
    }

    /// <summary>The configuration of a name, or that of a config.json, or of a directory that holds one.</summary>
    /// <exception cref="InputException">Neither a name nor a file, or the file is wrong.</exception>
    public static BertConfig Resolve(string nameOrPath)
    {
        if (TryGet(nameOrPath, out BertConfig config))
            return config;
        if (Directory.Exists(nameOrPath))
            return BertConfigJson.Load(Path.Combine(nameOrPath, CheckpointNames.Config));
        if (File.Exists(nameOrPath))
            return BertConfigJson.Load(nameOrPath);
        throw new InputException(
            $"no such model: {nameOrPath}; it is neither one of {string.Join(", ", Names)} nor a config.json nor a directory with one");
    }

    // Published heads are always 64 wide, the feed-forward layer four times the hidden size.
    private static BertConfig Bert(int layers, int hidden) =>
        new() { Layers = layers, HiddenSize = hidden, Heads = hidden / 64, IntermediateSize = 4 * hidden };
}
