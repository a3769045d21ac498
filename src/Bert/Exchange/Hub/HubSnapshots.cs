using System.Text.Json;

namespace BareBert.Bert.Exchange.Hub;

/// <summary>Fetches files of a repository at one of its commits into the cache that Hugging Face's own library uses.</summary>
internal static class HubSnapshots
{
    /// <summary>Fetches the files that are chosen, unless they are in the cache already.</summary>
    /// <param name="reference">Which repository.</param>
    /// <param name="settings">Where from, and to.</param>
    /// <param name="choose">Takes those that are needed from all that there are.</param>
    /// <param name="progress">Is told how far each file is.</param>
    /// <param name="notice">Is told when the cache has to do.</param>
    /// <param name="cancel">Leaves half files to go on with.</param>
    /// <returns>The folder with its files, in the cache.</returns>
    public static string Fetch(
        HubReference reference, HubSettings settings, Func<string[], IEnumerable<string>> choose, Action<HubProgress>? progress, Action<string>? notice, CancellationToken cancel)
    {
        var cache = new HubCache(settings, reference);
        if (settings.IsOffline)
            return cache.Find() ?? throw new InputException($"not in the cache: {reference} in {settings.Cache}, and HF_HUB_OFFLINE keeps it from being fetched; unset that once");
        using var connection = new HubConnection(settings, cancel);
        try
        {
            (string commit, string[] files) = List(connection, reference);
            foreach (string file in choose(files))
                new HubFile(connection, cache, reference, commit, file, progress, cancel).Fetch();
            cache.SetRef(commit);
            return cache.Snapshot(commit);
        }
        catch (HubUnreachableException e)
        {
            if (cache.Find() is not { } folder)
                throw new RunException(e.Message, e);
            notice?.Invoke($"{e.Message}; taking {reference} from the cache");
            return folder;
        }
    }

    private static (string Commit, string[] Files) List(HubConnection connection, HubReference reference)
    {
        Uri address = connection.At($"api/{reference.Kind}/{reference.Repository}/revision/{Uri.EscapeDataString(reference.Revision)}");
        JsonElement info = connection.SendForJson(reference.ToString(), () => new HttpRequestMessage(HttpMethod.Get, address));
        string commit = info.ValueKind == JsonValueKind.Object && info.TryGetProperty("sha", out JsonElement sha) && sha.ValueKind == JsonValueKind.String ? sha.GetString()! : "";
        if (!HubFolders.IsCommit(commit) || !info.TryGetProperty("siblings", out JsonElement siblings) || siblings.ValueKind != JsonValueKind.Array)
            throw new RunException($"the hub does not say what it holds: {reference}: no commit or no files; is HF_ENDPOINT a hub?");
        return (commit, [.. siblings.EnumerateArray().Select(NameOf).OfType<string>().Where(IsPlain)]);
    }

    private static string? NameOf(JsonElement sibling) =>
        sibling.ValueKind == JsonValueKind.Object && sibling.TryGetProperty("rfilename", out JsonElement name) && name.ValueKind == JsonValueKind.String ? name.GetString() : null;

    // A name that leads out of the snapshot is none.
    private static bool IsPlain(string file) => file.Split('/').All(InputFiles.IsPlainName);
}
