using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace BareBert.Tests.Hub;

/// <summary>
/// A hub of one repository, as huggingface.co answers: the API at one address, the storage of large files at another. Faults are
/// injected before an answer is given.
/// </summary>
internal sealed class SmallHub : IAsyncDisposable
{
    public const string Commit = "0123456789abcdef0123456789abcdef01234567", Token = "hf_right";

    private readonly WebApplication _app;

    private SmallHub(WebApplication app) => _app = app;

    /// <summary>"owner/name", or "name".</summary>
    public string Repository { get; init; } = "owner/model";

    /// <summary>"models" or "datasets".</summary>
    public string Kind { get; set; } = "models";

    public ConcurrentDictionary<string, byte[]> Files { get; } = new();

    public HashSet<string> Large { get; } = ["model.safetensors"];

    /// <summary>Whether a token is needed to read.</summary>
    public bool IsPrivate { get; set; }

    public bool IsGated { get; set; }

    /// <summary>The size of parts that it asks for; 0: none.</summary>
    public int ChunkSize { get; set; }

    /// <summary>Looks at each request before it is answered; true: it has answered itself.</summary>
    public Func<HttpContext, bool> Fault { get; set; } = _ => false;

    /// <summary>How many bytes of the next bodies of large files are sent before the connection is cut.</summary>
    public ConcurrentQueue<int> Cuts { get; } = new();

    /// <summary>"GET /path" of every request, with the range it asked for.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Whether the storage ever saw a token.</summary>
    public bool TokenLeaked { get; private set; }

    /// <summary>What was uploaded to the storage, by SHA-256.</summary>
    public ConcurrentDictionary<string, byte[]> Stored { get; } = new();

    /// <summary>The lines of the last commit.</summary>
    public List<JsonObject> Committed { get; } = [];

    public string Endpoint => _app.Urls.First();

    private string Storage => _app.Urls.Last();

    public static async Task<SmallHub> Start(string repository = "owner/model")
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0", "http://127.0.0.1:0").ConfigureKestrel(k => k.AllowSynchronousIO = true);
        WebApplication app = builder.Build();
        var hub = new SmallHub(app) { Repository = repository };
        app.Run(hub.Answer);
        await app.StartAsync();
        return hub;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    public static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static string GitHash(byte[] bytes) => Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {bytes.Length}\0"), .. bytes]));

    private async Task Answer(HttpContext context)
    {
        string path = context.Request.Path.Value!;
        Requests.Enqueue($"{context.Request.Method} {path}{(context.Request.Headers.Range is [{ } range] ? " " + range : "")}");
        bool isStorage = $"http://{context.Request.Host}" == Storage;
        if (isStorage && context.Request.Headers.Authorization.Count > 0)
            TokenLeaked = true;
        if (Fault(context))
            return;
        if (isStorage)
            await AnswerStorage(context, path);
        else if (!await Refuses(context, path))
            await AnswerHub(context, path);
    }

    private async Task<bool> Refuses(HttpContext context, string path)
    {
        string? token = context.Request.Headers.Authorization.FirstOrDefault();
        bool isKnown = path.Contains(Repository, StringComparison.Ordinal) || path == "/api/repos/create";
        (int status, string code) = token is not null && token != $"Bearer {Token}" ? (401, "")
            : !isKnown || (IsPrivate && token is null) ? (401, "RepoNotFound")
            : IsGated && token is null ? (401, "GatedRepo")
            : context.Request.Method == "POST" && token is null ? (401, "") : (0, "");
        if (status == 0)
            return false;
        context.Response.StatusCode = status;
        if (code.Length > 0)
            context.Response.Headers["X-Error-Code"] = code;
        await context.Response.WriteAsync("{\"error\":\"no\"}");
        return true;
    }

    private async Task AnswerHub(HttpContext context, string path)
    {
        string resolve = $"/{(Kind == "models" ? "" : Kind + "/")}{Repository}/resolve/{Commit}/";
        if (path == $"/api/{Kind}/{Repository}/revision/main" || path == $"/api/{Kind}/{Repository}/revision/{Commit}")
            await Json(context, new JsonObject { ["sha"] = Commit, ["siblings"] = new JsonArray([.. Files.Keys.Order().Select(f => (JsonNode)new JsonObject { ["rfilename"] = f })]) });
        else if (path.StartsWith($"/api/{Kind}/{Repository}/revision/", StringComparison.Ordinal))
            await Refuse(context, 404, "RevisionNotFound");
        else if (path.StartsWith(resolve, StringComparison.Ordinal))
            await Resolve(context, path[resolve.Length..]);
        else if (context.Request.Method == "POST")
            await AnswerPost(context, path);
        else
            await Refuse(context, 404, "EntryNotFound");
    }

    private async Task Resolve(HttpContext context, string file)
    {
        if (!Files.TryGetValue(file, out byte[]? bytes))
        {
            await Refuse(context, 404, "EntryNotFound");
            return;
        }
        context.Response.Headers["X-Repo-Commit"] = Commit;
        if (!Large.Contains(file))
        {
            context.Response.Headers.ETag = $"\"{GitHash(bytes)}\"";
            context.Response.ContentLength = bytes.Length;
            if (context.Request.Method == "GET")
                await context.Response.Body.WriteAsync(bytes);
            return;
        }
        context.Response.StatusCode = 302;
        context.Response.Headers["X-Linked-Etag"] = $"\"{Sha256(bytes)}\"";
        context.Response.Headers["X-Linked-Size"] = bytes.Length.ToString();
        context.Response.Headers.Location = $"{Storage}/{file}?signature=1";
    }

    private async Task AnswerStorage(HttpContext context, string path)
    {
        if (context.Request.Method == "PUT")
        {
            string name = path.TrimStart('/');
            Stored[name] = await Body(context);
            context.Response.Headers.ETag = $"\"etag of {name}\"";
            return;
        }
        byte[] bytes = Files[path.TrimStart('/')];
        int from = context.Request.Headers.Range is [{ } range] ? int.Parse(range["bytes=".Length..].TrimEnd('-')) : 0;
        if (from > 0)
        {
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = $"bytes {from}-{bytes.Length - 1}/{bytes.Length}";
        }
        context.Response.ContentLength = bytes.Length - from;
        int count = Cuts.TryDequeue(out int cut) ? Math.Min(cut, bytes.Length - from) : bytes.Length - from;
        await context.Response.Body.WriteAsync(bytes.AsMemory(from, count));
        await context.Response.Body.FlushAsync();
        if (count < bytes.Length - from)
            context.Abort();
    }

    private async Task AnswerPost(HttpContext context, string path)
    {
        string body = Encoding.UTF8.GetString(await Body(context));
        if (path == "/api/repos/create")
            await Json(context, new JsonObject { ["url"] = $"{Endpoint}/{Repository}" });
        else if (path == $"/api/models/{Repository}/preupload/main")
            await Json(context, new JsonObject { ["files"] = new JsonArray([.. JsonNode.Parse(body)!["files"]!.AsArray().Select(f => (JsonNode)new JsonObject
            {
                ["path"] = f!["path"]!.ToString(), ["uploadMode"] = Large.Contains(f["path"]!.ToString()) ? "lfs" : "regular", ["shouldIgnore"] = false,
            })]) });
        else if (path == $"/{Repository}.git/info/lfs/objects/batch")
            await Json(context, new JsonObject { ["transfer"] = ChunkSize > 0 ? "multipart" : "basic", ["objects"] = new JsonArray([.. JsonNode.Parse(body)!["objects"]!.AsArray().Select(o => Action(o!))]) });
        else if (path == $"/{Repository}.git/complete")
        {
            JsonNode list = JsonNode.Parse(body)!;
            string oid = list["oid"]!.ToString();
            Stored[oid] = [.. list["parts"]!.AsArray().SelectMany(p => p!["etag"]!.ToString() == $"\"etag of {oid}.{p["partNumber"]}\"" ? Stored[$"{oid}.{p["partNumber"]}"] : [])];
        }
        else if (path == $"/{Repository}.git/verify")
            context.Response.StatusCode = Stored.TryGetValue(JsonNode.Parse(body)!["oid"]!.ToString(), out byte[]? bytes) && Sha256(bytes) == JsonNode.Parse(body)!["oid"]!.ToString() ? 200 : 404;
        else if (path == $"/api/models/{Repository}/commit/main")
        {
            Committed.Clear();
            Committed.AddRange(body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!.AsObject()));
            await Json(context, new JsonObject { ["commitUrl"] = $"{Endpoint}/{Repository}/commit/{Commit}", ["commitOid"] = Commit });
        }
        else
            await Refuse(context, 404, "");
    }

    private JsonNode Action(JsonNode item)
    {
        string oid = item["oid"]!.ToString();
        long size = (long)item["size"]!;
        if (Stored.ContainsKey(oid))
            return new JsonObject { ["oid"] = oid, ["size"] = size };
        var upload = new JsonObject { ["href"] = $"{Storage}/{oid}" };
        if (ChunkSize > 0)
        {
            var header = new JsonObject { ["chunk_size"] = ChunkSize.ToString() };
            for (int part = 1; (part - 1) * (long)ChunkSize < size; part++)
                header[part.ToString("00000")] = $"{Storage}/{oid}.{part}";
            upload = new JsonObject { ["href"] = $"{Endpoint}/{Repository}.git/complete", ["header"] = header };
        }
        return new JsonObject { ["oid"] = oid, ["size"] = size, ["actions"] = new JsonObject { ["upload"] = upload, ["verify"] = new JsonObject { ["href"] = $"{Endpoint}/{Repository}.git/verify" } } };
    }

    private static async Task<byte[]> Body(HttpContext context)
    {
        using var bytes = new MemoryStream();
        await context.Request.Body.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    private static Task Json(HttpContext context, JsonObject json) => context.Response.WriteAsync(json.ToJsonString(new JsonSerializerOptions()));

    private static Task Refuse(HttpContext context, int status, string code)
    {
        context.Response.StatusCode = status;
        if (code.Length > 0)
            context.Response.Headers["X-Error-Code"] = code;
        return context.Response.WriteAsync("{\"error\":\"no\"}");
    }
}
