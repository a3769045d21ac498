namespace BareBert.Bert.Exchange.Hub;

/// <summary>Data sets of the Hugging Face hub: their tables, fetched into the cache that Hugging Face's own library uses.</summary>
public static class HubDatasets
{
    // Where a repository has the same rows in several forms, the first is taken.
    private static readonly string[] Extensions = [".parquet", ".jsonl", ".json", ".csv", ".tsv"];

    private static readonly string[] Parts = ["train", "validation", "valid", "val", "dev", "test"];

    /// <summary>Fetches a data set's tables of training, validation and test rows, unless they are in the cache already.</summary>
    /// <param name="reference">Which, and of several configurations which one: <c>hf:datasets/nyu-mll/glue:sst2</c>.</param>
    /// <param name="settings">Where from, and to.</param>
    /// <param name="progress">Is told how far each file is.</param>
    /// <param name="notice">Is told when the cache has to do.</param>
    /// <param name="cancel">Leaves half files to go on with.</param>
    /// <returns>The folder with the tables, in the cache.</returns>
    /// <exception cref="InputException">The hub refuses, it has no tables, or several configurations and none is named.</exception>
    /// <exception cref="RunException">It cannot be reached, or the disk is full.</exception>
    public static string Fetch(HubReference reference, HubSettings settings, Action<HubProgress>? progress = null, Action<string>? notice = null, CancellationToken cancel = default)
    {
        string? folder = null;
        string snapshot = HubSnapshots.Fetch(reference, settings, files =>
        {
            string[] tables = Choose(files, reference);
            folder = FolderOf(tables[0]);
            return tables;
        }, progress, notice, cancel);
        // Of the cache alone, what was fetched before is there.
        folder ??= FolderOf(Choose([.. Directory.EnumerateFiles(snapshot, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(snapshot, f).Replace('\\', '/'))], reference)[0]);
        return Path.Combine(snapshot, folder);
    }

    private static string[] Choose(string[] files, HubReference reference)
    {
        IGrouping<string, string>[] folders = [.. files.Where(IsTable).GroupBy(FolderOf).OrderBy(g => g.Key, StringComparer.Ordinal)];
        if (folders.Length == 0)
            throw new InputException($"no tables that can be read: {reference} has none of {string.Join(", ", Extensions)} that are called train, validation or test");
        string[] names = [.. folders.Select(f => ConfigurationOf(f.Key))];
        int at = reference.Configuration is { } asked ? Array.IndexOf(names, asked) : folders.Length == 1 ? 0 : Array.FindIndex(names, name => name is "default" or "data" or "");
        if (at < 0)
            throw new InputException($"{(reference.Configuration is null ? "several configurations" : $"no configuration {Printable.Quote(reference.Configuration)}")}: {reference} has {string.Join(", ", names)}; name one, as in {HubReference.Scheme}datasets/{reference.Repository}:{names[0]}");
        string extension = Extensions.First(e => folders[at].Any(file => file.EndsWith(e, StringComparison.Ordinal)));
        return [.. folders[at].Where(file => file.EndsWith(extension, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
    }

    // A part, or a piece of one: train-00000-of-00002.parquet. What is unlabelled has other names.
    private static bool IsTable(string file) => Extensions.Any(e => file.EndsWith(e, StringComparison.Ordinal))
        && Path.GetFileName(file) is var name && Parts.Any(part => name.StartsWith(part + ".", StringComparison.Ordinal) || name.StartsWith(part + "-", StringComparison.Ordinal));

    private static string FolderOf(string file) => file.LastIndexOf('/') is >= 0 and int slash ? file[..slash] : "";

    private static string ConfigurationOf(string folder) => folder[(folder.LastIndexOf('/') + 1)..];
}
