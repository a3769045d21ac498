namespace BareBert.Bert.Exchange.Hub;

/// <summary>Models of the Hugging Face hub, fetched into the cache that Hugging Face's own library uses.</summary>
public static class HubModels
{
    // What a model's folder may need here, best weights first.
    private static readonly string[] Weights = [.. TensorSources.FileNames, CheckpointNames.AdapterWeights, CheckpointNames.AdapterWeightsOfTorch];

    private static readonly string[] Others =
    [
        CheckpointNames.Config, CheckpointNames.AdapterConfig, CheckpointNames.ModelCard, "vocab.txt", "spiece.model", "tokenizer.json", "tokenizer_config.json",
        "special_tokens_map.json", "added_tokens.json", "modules.json", "sentence_bert_config.json", "sentence_distilbert_config.json", "sentence_albert_config.json", "config_sentence_transformers.json",
    ];

    /// <summary>Fetches a model, unless it is in the cache already.</summary>
    /// <param name="reference">Which.</param>
    /// <param name="settings">Where from, and to.</param>
    /// <param name="progress">Is told how far each file is.</param>
    /// <param name="notice">Is told when the cache has to do.</param>
    /// <param name="cancel">Leaves half files to go on with.</param>
    /// <returns>The folder with its files, in the cache.</returns>
    /// <exception cref="InputException">The hub refuses, or what it has is no model that can be read here.</exception>
    /// <exception cref="RunException">It cannot be reached, or the disk is full.</exception>
    public static string Fetch(HubReference reference, HubSettings settings, Action<HubProgress>? progress = null, Action<string>? notice = null, CancellationToken cancel = default) =>
        reference.Kind == HubReference.Models ? HubSnapshots.Fetch(reference, settings, files => Choose(files, reference), progress, notice, cancel)
        : throw new InputException($"a data set, where a model is needed: {reference}; give the name of a model");

    /// <summary>Copies a model that was fetched into a folder of the user's.</summary>
    /// <exception cref="RunException">It cannot be written.</exception>
    public static void Copy(string snapshot, string folder) => AtomicDirectory.Replace(folder, partial =>
    {
        foreach (string file in Directory.EnumerateFiles(snapshot, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(partial, Path.GetRelativePath(snapshot, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(new FileInfo(file).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? file, target);
        }
    });

    // What modules.json lists lies in folders that it numbers: 1_Pooling/config.json.
    private static bool IsModule(string file) =>
        file.Split('/') is [{ Length: > 2 } folder, CheckpointNames.Config] && char.IsAsciiDigit(folder[0]) && folder[1] == '_' && InputFiles.IsPlainName(folder);

    /// <summary>The files that are read here: one kind of weights, not every framework's.</summary>
    private static IEnumerable<string> Choose(string[] files, HubReference reference)
    {
        string weights = Weights.FirstOrDefault(files.Contains)
            ?? throw new InputException($"no weights that can be read: {reference} has none of {string.Join(", ", Weights)}");
        // The shards that an index names lie beside it.
        string stem = weights.Split('.')[0] + "-";
        bool isIndex = weights.EndsWith(".index.json", StringComparison.Ordinal);
        return [.. Others.Where(files.Contains), .. files.Where(IsModule).Order(StringComparer.Ordinal), .. files.Where(f => isIndex && f.StartsWith(stem, StringComparison.Ordinal) && InputFiles.IsPlainName(f)).Order(StringComparer.Ordinal), weights];
    }
}
