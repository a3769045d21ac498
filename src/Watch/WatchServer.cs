using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using BareBert.Bert.Checkpoints;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace BareBert.Watch;

/// <summary>
/// A page of all runs below a folder. It reads and never writes; unless told otherwise it listens on this machine alone, and answers
/// only to this machine's names, so that no page of the web can read it by a name of its own.
/// </summary>
public sealed class WatchServer : IAsyncDisposable
{
    private const int MostPoints = 2000;
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    private readonly RunCatalog _catalog;
    private readonly SystemUse _system = new();
    private readonly WebApplication _app;
    private readonly bool _isLocal;
    private readonly CancellationTokenSource _end = new();
    private JsonObject _use = [];

    /// <summary>Prepares a server.</summary>
    /// <param name="options">Of which runs, and where.</param>
    /// <exception cref="InputException">The address is none, or what should be a folder is a file.</exception>
    public WatchServer(WatchOptions options)
    {
        if (File.Exists(options.Root))
            throw new InputException($"a file where a folder is needed: {options.Root}; give the folder of runs");
        IPAddress address = options.Address;
        (_catalog, _isLocal) = (new RunCatalog(options.Root), IPAddress.IsLoopback(address));
        // Empty: no file of settings and no variable of the environment changes what is listened on.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(address, options.Port));
        builder.Services.AddRoutingCore();
        _app = builder.Build();
        _app.Use(GuardAsync);
        _app.UseRouting();
        Map();
    }

    /// <summary>Where the page is, once started.</summary>
    public Uri Address => new(((IApplicationBuilder)_app).ApplicationServices.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>How many runs there are to be seen, once started.</summary>
    public int Runs => _catalog.Runs.Count;

    /// <summary>Looking at the runs: it ends with the server, or fails where it cannot go on.</summary>
    public Task Watching { get; private set; } = Task.CompletedTask;

    /// <summary>Looks at the runs once and begins to listen.</summary>
    /// <exception cref="InputException">The port is taken, or the address is not this machine's.</exception>
    public async Task StartAsync(CancellationToken cancel)
    {
        _catalog.Refresh();
        try
        {
            await _app.StartAsync(cancel);
        }
        catch (Exception e) when (e is IOException or SocketException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot listen: {e.Message.ReplaceLineEndings(" ")}; give another `{nameof(WatchOptions.Port)}` or `{nameof(WatchOptions.Host)}`", e);
        }
        Watching = LookAsync(_end.Token);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Watching;
        await _app.DisposeAsync();
        _end.Dispose();
    }

    private async Task LookAsync(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(Beat);
        try
        {
            while (await timer.WaitForNextTickAsync(cancel))
            {
                _catalog.Refresh();
                _use = _system.Read();
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        IHeaderDictionary headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        headers.ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'";
        string host = context.Request.Host.Host;
        if (_isLocal && host != "localhost" && !(IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? named) && IPAddress.IsLoopback(named)))
            return Refuse(context, StatusCodes.Status400BadRequest, "this page answers only to this machine's own names");
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
            return Refuse(context, StatusCodes.Status405MethodNotAllowed, "there is nothing to change here");
        return next(context);
    }

    private static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];

    private void Map(string path, RequestDelegate answer) => _app.MapMethods(path, Reading, answer);

    private void Map()
    {
        Map("/", context => SendAsync(context, "index.html", "text/html; charset=utf-8"));
        Map("/watch.js", context => SendAsync(context, "watch.js", "text/javascript; charset=utf-8"));
        Map("/watch.css", context => SendAsync(context, "watch.css", "text/css; charset=utf-8"));
        Map("/api/runs", context => SendAsync(context, new JsonArray([.. _catalog.Runs.Select(run => run.Describe())])));
        Map("/api/curves", CurvesAsync);
        Map("/api/evaluations", context => OfRunAsync(context, run => SendAsync(context, run.Evaluations())));
        Map("/report", context => OfRunAsync(context, run => ReportAsync(context, run)));
        Map("/api/events", EventsAsync);
        _app.MapFallback(context => Refuse(context, StatusCodes.Status404NotFound, "there is no such page"));
    }

    private Task CurvesAsync(HttpContext context)
    {
        string metric = context.Request.Query["metric"].ToString();
        int points = int.TryParse(context.Request.Query["points"], out int asked) ? Math.Clamp(asked, 2, MostPoints) : 600;
        var curves = new JsonObject();
        foreach (string? id in context.Request.Query["run"])
        {
            if (id is not null && _catalog.Find(id) is { } run)
                curves[id] = run.Curves(metric, points);
        }
        return SendAsync(context, curves);
    }

    private Task OfRunAsync(HttpContext context, Func<WatchedRun, Task> send) => _catalog.Find(context.Request.Query["run"].ToString()) is { } run ? send(run)
        : Refuse(context, StatusCodes.Status404NotFound, "there is no such run");

    // A run's report is a page that somebody else may have written: it may style itself and do nothing else.
    private static Task ReportAsync(HttpContext context, WatchedRun run)
    {
        if (run.Report is not { } file)
            return Refuse(context, StatusCodes.Status404NotFound, "the run has no report yet");
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox";
        context.Response.ContentType = "text/html; charset=utf-8";
        return context.Response.SendFileAsync(file);
    }

    // https://html.spec.whatwg.org/multipage/server-sent-events.html
    private async Task EventsAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        var sent = new Dictionary<string, long>(StringComparer.Ordinal);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _end.Token);
        try
        {
            for (bool first = true; ; first = false)
            {
                // Versions are read once: one that changes meanwhile is told next time.
                Dictionary<string, long> now = _catalog.Runs.ToDictionary(run => run.Id, run => run.Version, StringComparer.Ordinal);
                string[] changed = [.. now.Where(run => sent.GetValueOrDefault(run.Key, -1) != run.Value).Select(run => run.Key), .. sent.Keys.Except(now.Keys)];
                sent = now;
                if (changed.Length > 0 && !first)
                    await WriteAsync("change", new JsonArray([.. changed.Select(id => (JsonNode)id)]));
                await WriteAsync("system", _use.DeepClone());
                await Task.Delay(Beat, stop.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
        }

        async Task WriteAsync(string name, JsonNode data)
        {
            await context.Response.WriteAsync($"event: {name}\ndata: {data.ToJsonString()}\n\n", stop.Token);
            await context.Response.Body.FlushAsync(stop.Token);
        }
    }

    private static Task SendAsync(HttpContext context, JsonNode json)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        return context.Response.WriteAsync(json.ToJsonString(), context.RequestAborted);
    }

    private static async Task SendAsync(HttpContext context, string resource, string type)
    {
        context.Response.ContentType = type;
        await using Stream stream = typeof(WatchServer).Assembly.GetManifestResourceStream(resource)!;
        await stream.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    private static Task Refuse(HttpContext context, int status, string why)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(why + "\n", context.RequestAborted);
    }
}
