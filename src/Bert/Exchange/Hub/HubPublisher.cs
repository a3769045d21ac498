using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BareBert.Bert.Exchange.Hub;

/// <summary>Publishes a model's folder as a commit of a repository at the hub.</summary>
/// <remarks>
/// As Hugging Face's client library does it: the hub says which files are large, those go to its storage by git-lfs's batch interface, in
/// parts where it asks for that; then one commit names them all.
/// </remarks>
public static class HubPublisher
{
    // A training's state is nobody's model, and the hashes here are of files that are left out.
    private static readonly string[] LeftOut = [CheckpointNames.Optimizer, CheckpointNames.TrainerState, CheckpointSeal.FileName];

    /// <summary>Publishes a folder.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="target">The repository, which is made where it is missing, and the branch.</param>
    /// <param name="settings">The hub, and a token that may write.</param>
    /// <param name="isPrivate">Whether a new repository is for its owner alone.</param>
    /// <param name="message">The commit's.</param>
    /// <param name="progress">Is told how far each file is.</param>
    /// <param name="cancel">Nothing is published before the commit.</param>
    /// <returns>The commit's address.</returns>
    /// <exception cref="InputException">There is no token, or the hub refuses it.</exception>
    /// <exception cref="RunException">The hub cannot be reached, or fails.</exception>
    public static string Push(string folder, HubReference target, HubSettings settings, bool isPrivate, string message, Action<HubProgress>? progress = null, CancellationToken cancel = default)
    {
        if (settings.Token is null)
            throw new InputException($"no token to publish {target} with: give `Token`, or set HF_TOKEN; make one at {settings.Endpoint}/settings/tokens");
        if (settings.IsOffline)
            throw new InputException($"offline: HF_HUB_OFFLINE keeps {target} from being published; unset it");
        using var connection = new HubConnection(settings, cancel);
        try
        {
            Create(connection, target, isPrivate);
            LocalFile[] files = [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(f => !LeftOut.Contains(Path.GetFileName(f))).Order(StringComparer.Ordinal).Select(f => LocalFile.Of(folder, f))];
            HashSet<string> large = Large(connection, target, files);
            new LargeFiles(connection, target, progress, cancel).Upload([.. files.Where(f => large.Contains(f.Name))]);
            return Commit(connection, target, files, large, message);
        }
        catch (HubUnreachableException e)
        {
            throw new RunException(e.Message, e);
        }
    }

    private static void Create(HubConnection connection, HubReference target, bool isPrivate)
    {
        string[] parts = target.Repository.Split('/');
        var body = new JsonObject { ["name"] = parts[^1], ["type"] = "model", ["private"] = isPrivate };
        if (parts.Length > 1)
            body["organization"] = parts[0];
        connection.Send(target.Repository, () => Post(connection.At("api/repos/create"), body), allows: 409).Dispose();
    }

    /// <summary>The names of those files that the hub wants in its storage.</summary>
    private static HashSet<string> Large(HubConnection connection, HubReference target, LocalFile[] files)
    {
        var body = new JsonObject
        {
            ["files"] = new JsonArray([.. files.Select(f => (JsonNode)new JsonObject { ["path"] = f.Name, ["size"] = f.Size, ["sample"] = Convert.ToBase64String(f.Sample()) })]),
        };
        JsonElement answer = connection.SendForJson(target.ToString(), () => Post(connection.At($"api/models/{target.Repository}/preupload/{Uri.EscapeDataString(target.Revision)}"), body));
        return [.. answer.Items("files").Where(f => f.Text("uploadMode") == "lfs").Select(f => f.Text("path")).OfType<string>()];
    }

    private static string Commit(HubConnection connection, HubReference target, LocalFile[] files, HashSet<string> large, string message)
    {
        var lines = new StringBuilder();
        void Line(string key, JsonObject value) => lines.Append(new JsonObject { ["key"] = key, ["value"] = value }.ToJsonString()).Append('\n');
        Line("header", new JsonObject { ["summary"] = message, ["description"] = "" });
        foreach (LocalFile file in files)
        {
            if (large.Contains(file.Name))
                Line("lfsFile", new JsonObject { ["path"] = file.Name, ["algo"] = "sha256", ["oid"] = file.Sha256, ["size"] = file.Size });
            else
                Line("file", new JsonObject { ["path"] = file.Name, ["encoding"] = "base64", ["content"] = Convert.ToBase64String(File.ReadAllBytes(file.Path)) });
        }
        JsonElement answer = connection.SendForJson(target.ToString(), () => new HttpRequestMessage(HttpMethod.Post, connection.At($"api/models/{target.Repository}/commit/{Uri.EscapeDataString(target.Revision)}"))
        {
            Content = new StringContent(lines.ToString(), Encoding.UTF8, "application/x-ndjson"),
        });
        return answer.Text("commitUrl") ?? connection.At(target.Repository).ToString();
    }

    internal static HttpRequestMessage Post(Uri address, JsonNode body, string type = "application/json")
    {
        var content = new StringContent(body.ToJsonString());
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        return new HttpRequestMessage(HttpMethod.Post, address) { Content = content };
    }
}
