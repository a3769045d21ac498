using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BareBert.Bert.Exchange.Hub;

/// <summary>Sends large files to the hub's storage.</summary>
/// <remarks>github.com/git-lfs/git-lfs, docs/api/batch.md; "multipart" is the hub's own: an address for each part, then a list of their etags.</remarks>
internal sealed class LargeFiles(HubConnection connection, HubReference target, Action<HubProgress>? progress, CancellationToken cancel)
{
    private const string Lfs = "application/vnd.git-lfs+json";

    /// <summary>Sends those that the storage lacks.</summary>
    public void Upload(LocalFile[] files)
    {
        if (files.Length == 0)
            return;
        var body = new JsonObject
        {
            ["operation"] = "upload", ["transfers"] = new JsonArray("basic", "multipart"), ["hash_algo"] = "sha256", ["ref"] = new JsonObject { ["name"] = target.Revision },
            ["objects"] = new JsonArray([.. files.DistinctBy(f => f.Sha256).Select(f => (JsonNode)new JsonObject { ["oid"] = f.Sha256, ["size"] = f.Size })]),
        };
        JsonElement answer = connection.SendForJson(target.ToString(), () =>
        {
            HttpRequestMessage request = HubPublisher.Post(connection.At($"{target.Repository}.git/info/lfs/objects/batch"), body, Lfs);
            request.Headers.Accept.ParseAdd(Lfs);
            return request;
        });
        foreach (JsonElement item in answer.Items("objects"))
        {
            LocalFile? file = Array.Find(files, f => f.Sha256 == item.Text("oid"));
            if (item.Child("error") is { } error)
                throw new InputException($"the hub does not take {file?.Name}: {Printable.Quote(error.Text("message") ?? "no reason given")}");
            // Without actions it has the content already.
            if (file is not null && item.Child("actions") is { } actions)
                Upload(file, actions);
        }
    }

    private void Upload(LocalFile file, JsonElement actions)
    {
        JsonElement upload = actions.Child("upload") ?? throw NoAddress(file);
        Uri address = Address(upload.Text("href"), file);
        JsonElement? header = upload.Child("header");
        if (header?.Text("chunk_size") is { } size)
            InParts(file, address, header.Value, long.Parse(size, CultureInfo.InvariantCulture));
        else
            connection.Send(file.Name, () => Put(address, InputFiles.Open(file.Path), file.Size)).Dispose();
        progress?.Invoke(new HubProgress(file.Name, file.Size, file.Size));
        if (actions.Child("verify") is { } verify)
        {
            var body = new JsonObject { ["oid"] = file.Sha256, ["size"] = file.Size };
            connection.Send(file.Name, () => HubPublisher.Post(Address(verify.Text("href"), file), body, Lfs)).Dispose();
        }
    }

    private void InParts(LocalFile file, Uri address, JsonElement header, long size)
    {
        (int Number, Uri Address)[] parts = [.. header.EnumerateObject().Where(p => int.TryParse(p.Name, out _))
            .Select(p => (int.Parse(p.Name, CultureInfo.InvariantCulture), Address(p.Value.GetString(), file))).OrderBy(p => p.Item1)];
        if (size is < 1 or > int.MaxValue || parts.Length != (file.Size + size - 1) / size)
            throw NoAddress(file);
        var sent = new JsonArray();
        using FileStream stream = InputFiles.Open(file.Path);
        foreach ((int number, Uri part) in parts)
        {
            cancel.ThrowIfCancellationRequested();
            var bytes = new byte[Math.Min(size, file.Size - stream.Position)];
            stream.ReadExactly(bytes);
            using HttpResponseMessage answer = connection.Send(file.Name, () => Put(part, new MemoryStream(bytes), bytes.Length));
            sent.Add((JsonNode)new JsonObject { ["partNumber"] = number, ["etag"] = answer.Headers.ETag?.ToString() ?? "" });
            progress?.Invoke(new HubProgress(file.Name, stream.Position, file.Size));
        }
        var body = new JsonObject { ["oid"] = file.Sha256, ["parts"] = sent };
        connection.Send(file.Name, () => HubPublisher.Post(address, body, Lfs)).Dispose();
    }

    private static HttpRequestMessage Put(Uri address, Stream bytes, long length)
    {
        var content = new StreamContent(bytes);
        content.Headers.ContentLength = length;
        return new HttpRequestMessage(HttpMethod.Put, address) { Content = content };
    }

    private static Uri Address(string? text, LocalFile file) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https" ? uri! : throw NoAddress(file);

    private static RunException NoAddress(LocalFile file) => new($"the hub does not say where to send {file.Name}; try again later");
}

/// <summary>Looks into answers that may hold anything.</summary>
internal static class HubJson
{
    /// <summary>A member that is an object; null where there is none.</summary>
    public static JsonElement? Child(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement child) && child.ValueKind == JsonValueKind.Object ? child : null;

    /// <summary>A member that is a text, or a number as one; null where there is none.</summary>
    public static string? Text(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement child)
            ? child.ValueKind switch { JsonValueKind.String => child.GetString(), JsonValueKind.Number => child.GetRawText(), _ => null } : null;

    /// <summary>The items of a member that is a list; none where there is none.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement child) && child.ValueKind == JsonValueKind.Array ? child.EnumerateArray() : [];
}
