using System.Net;
using System.Text.Json.Nodes;
using BareBert.Watch;
using Xunit;

namespace BareBert.Tests;

/// <summary>What the watching server answers, and that it leaves runs alone.</summary>
public sealed class WatchServerTests : IAsyncDisposable
{
    private readonly WatchedFolder _folder = new();
    private readonly HttpClient _client = new();
    private WatchServer? _server;

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        if (_server is not null)
            await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Runs_come_and_go_while_it_watches()
    {
        await StartAsync();
        Assert.Empty(await RunsAsync());
        WatchedFolder.Train(_folder.Add("first"), 1, 30);
        WatchedFolder.Train(_folder.Add("grid/lr=1e-3", summary: """{"end": "finished", "best_step": 30, "seconds": 12.5}"""), 1, 30);
        JsonObject[] runs = await UntilAsync(found => found.Length == 2);
        Assert.Equal(["first", "grid/lr=1e-3"], runs.Select(run => (string?)run["id"]));
        Assert.Equal(["stopped", "finished"], runs.Select(run => (string?)run["status"]));
        Assert.Equal((30.0, 3.5), ((double)runs[0]["step"]!, (double)runs[0]["latest"]!["valid/perplexity"]!));
        Directory.Delete(Path.Combine(_folder.Root, "first"), recursive: true);
        await UntilAsync(found => found.Length == 1);
    }

    [Fact]
    public async Task A_run_that_trains_is_known_by_its_lock_and_can_take_it()
    {
        string run = _folder.Add("a");
        await StartAsync();
        using (RunLock.Take(run))
        {
            await UntilAsync(found => found.Length == 1 && (string?)found[0]["status"] == "training");
            Assert.True(RunLock.IsHeld(run));
        }
        await UntilAsync(found => (string?)found[0]["status"] == "stopped");
        File.WriteAllText(Path.Combine(run, ".lock"), ""); // as a killed process leaves it
        for (int i = 0; i < 200; i++)
            RunLock.Take(run).Dispose();
    }

    [Fact]
    public async Task Damaged_runs_do_not_break_it()
    {
        File.WriteAllText(Path.Combine(_folder.Add("broken"), "run.json"), "{\"a\": 1, ");
        File.WriteAllText(Path.Combine(_folder.Add("twice"), "run.json"), "{\"a\": 1, \"a\": 2}");
        File.WriteAllText(Path.Combine(_folder.Add("half"), "run.json"), "{\"options\": {\"a\": \"\\ud800\"}}");
        File.WriteAllText(Path.Combine(_folder.Add("list"), "run.json"), "[]");
        File.WriteAllText(Path.Combine(_folder.Add("odd"), "run.json"), "{\"verb\": {}, \"options\": 3, \"parameters\": \"many\"}");
        File.WriteAllText(Path.Combine(_folder.Add("beginning"), "run.json"), "");
        File.WriteAllBytes(Path.Combine(_folder.Add("noise"), "metrics.jsonl"), [1, 2, 3, 10, 255, 10]);
        await StartAsync();
        JsonObject[] runs = await RunsAsync();
        Assert.Equal(7, runs.Length);
        Assert.Equal(["broken", "half", "list", "twice"], runs.Where(run => run["problem"] is not null).Select(run => (string?)run["id"]));
        Assert.Equal(2, (int)runs.Single(run => (string?)run["id"] == "noise")["bad_lines"]!);
    }

    [Fact]
    public async Task Curves_are_drawn_with_no_more_points_than_asked_for()
    {
        WatchedFolder.Train(_folder.Add("long"), 1, 20_000);
        WatchedFolder.Train(_folder.Add("short"), 1, 3);
        await StartAsync();
        JsonObject curves = (JsonObject)(await GetAsync("api/curves?metric=loss&points=100&run=long&run=short&run=none"))!;
        Assert.Equal(["long", "short"], curves.Select(pair => pair.Key));
        Assert.InRange(curves["long"]!["train"]!.AsArray().Count, 50, 100);
        Assert.Equal("[[1,1,2,2,2],[2,2,1.5,1.5,1.5],[3,3,1.3333333333333333,1.3333333333333333,1.3333333333333333]]", curves["short"]!["train"]!.ToJsonString());
        Assert.Single(curves["short"]!["valid"]!.AsArray());
        JsonNode row = (await GetAsync("api/evaluations?run=short"))![0]!;
        Assert.Equal((3.0, "valid", 1.25), ((double)row["step"]!, (string?)row["split"], (double)row["metrics"]!["loss"]!));
    }

    [Fact]
    public async Task Changes_are_told_as_they_come()
    {
        string run = _folder.Add("a");
        await StartAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        using Stream stream = await _client.GetStreamAsync("api/events", patience.Token);
        using var reader = new StreamReader(stream);
        Assert.Equal("event: system", await reader.ReadLineAsync(patience.Token));
        WatchedFolder.Train(run, 1, 5);
        string? line;
        while ((line = await reader.ReadLineAsync(patience.Token)) != "event: change")
            Assert.NotNull(line);
        Assert.Equal("data: [\"a\"]", await reader.ReadLineAsync(patience.Token));
    }

    [Theory]
    [InlineData("", HttpStatusCode.OK)]
    [InlineData("watch.js", HttpStatusCode.OK)]
    [InlineData("watch.css", HttpStatusCode.OK)]
    [InlineData("report?run=a", HttpStatusCode.OK)]
    [InlineData("report?run=b", HttpStatusCode.NotFound)]
    [InlineData("report?run=../b", HttpStatusCode.NotFound)]
    [InlineData("report?run=a/../b", HttpStatusCode.NotFound)]
    [InlineData("report", HttpStatusCode.NotFound)]
    [InlineData("api/evaluations?run=none", HttpStatusCode.NotFound)]
    [InlineData("a/run.json", HttpStatusCode.NotFound)]
    [InlineData("..%2f..%2fetc/passwd", HttpStatusCode.NotFound)]
    public async Task Nothing_but_pages_and_reports_is_served(string path, HttpStatusCode expected)
    {
        File.WriteAllText(Path.Combine(_folder.Add("a"), "report.html"), "<!DOCTYPE html><script>alert(1)</script>");
        _folder.Add("b");
        await StartAsync();
        using HttpResponseMessage answer = await _client.GetAsync(path);
        Assert.Equal(expected, answer.StatusCode);
        if (path == "report?run=a")
            Assert.Contains("sandbox", answer.Headers.GetValues("Content-Security-Policy").Single());
    }

    [Fact]
    public async Task Other_names_and_other_methods_are_refused()
    {
        await StartAsync();
        using var foreign = new HttpRequestMessage(HttpMethod.Get, "api/runs") { Headers = { Host = "pages.example" } };
        using HttpResponseMessage refused = await _client.SendAsync(foreign);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        using HttpResponseMessage posted = await _client.PostAsync("api/runs", null);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, posted.StatusCode);
    }

    [Fact]
    public async Task Nothing_is_written_into_runs()
    {
        string run = _folder.Add("a");
        WatchedFolder.Train(run, 1, 5);
        (string, DateTime)[] Files() => [.. Directory.GetFileSystemEntries(_folder.Root, "*", SearchOption.AllDirectories).Order().Select(f => (f, Directory.GetLastWriteTimeUtc(f)))];
        (string, DateTime)[] before = Files();
        await StartAsync();
        await RunsAsync();
        await Task.Delay(TimeSpan.FromSeconds(1.5));
        Assert.Equal(before, Files());
    }

    [Fact]
    public async Task Where_it_cannot_listen_it_says_so()
    {
        await StartAsync();
        await using var second = new WatchServer(new WatchOptions { Root = _folder.Root, Port = _client.BaseAddress!.Port });
        var e = await Assert.ThrowsAsync<InputException>(() => second.StartAsync(default));
        Assert.Contains("`Port`", e.Message);
        Refusals.Of(() => _ = new WatchServer(new WatchOptions { Host = "example.org" }), "`Host` example.org is no address");
        File.WriteAllText(Path.Combine(_folder.Root, "file"), "");
        Refusals.Of(() => _ = new WatchServer(new WatchOptions { Root = Path.Combine(_folder.Root, "file") }), "a file where a folder is needed");
    }

    private async Task StartAsync()
    {
        _server = new WatchServer(new WatchOptions { Root = _folder.Root, Port = 0 });
        await _server.StartAsync(default);
        _client.BaseAddress = _server.Address;
    }

    private async Task<JsonNode?> GetAsync(string path) => JsonNode.Parse(await _client.GetStringAsync(path));

    private async Task<JsonObject[]> RunsAsync() => [.. (await GetAsync("api/runs"))!.AsArray().Select(run => (JsonObject)run!)];

    private async Task<JsonObject[]> UntilAsync(Func<JsonObject[], bool> holds)
    {
        for (int i = 0; i < 300; i++)
        {
            JsonObject[] runs = await RunsAsync();
            if (holds(runs))
                return runs;
            await Task.Delay(100);
        }
        throw new TimeoutException("what was awaited did not come");
    }
}
