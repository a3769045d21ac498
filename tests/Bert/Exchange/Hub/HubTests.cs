using System.Text;
using System.Text.Json.Nodes;
using BareBert.Bert.Exchange.Hub;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace BareBert.Tests.Hub;

/// <summary>Fetching and publishing against a hub that fails in every way that hubs do.</summary>
public sealed class HubTests : IAsyncLifetime
{
    private readonly Scratch _scratch = new();
    private readonly byte[] _weights = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 31 ^ i >> 8))];
    private SmallHub _hub = null!;

    public async ValueTask InitializeAsync()
    {
        _hub = await SmallHub.Start();
        Fill(_hub);
    }

    public async ValueTask DisposeAsync()
    {
        await _hub.DisposeAsync();
        _scratch.Dispose();
    }

    /// <summary>Secrets come with a line's end; anything else that no header can hold would look like a hub that cannot be reached.</summary>
    [Fact]
    public void A_token_is_one_word_of_ASCII()
    {
        Assert.Equal("hf_x", HubSettings.FromEnvironment("hf_x\n").Token);
        foreach (string token in new[] { "a\nb", "a b", "\u00fcn\u00efcode", "a\0" })
            Assert.DoesNotContain(token, Refusals.Of(() => HubSettings.FromEnvironment(token), "the hub's token has characters that no token has"));
    }

    [Fact]
    public void A_model_lies_in_the_cache_as_the_hubs_own_library_lays_it()
    {
        string folder = Fetch();
        string root = Path.Combine(_scratch["cache"], "models--owner--model");
        Assert.Equal(Path.Combine(root, "snapshots", SmallHub.Commit), folder);
        Assert.Equal(SmallHub.Commit, File.ReadAllText(Path.Combine(root, "refs", "main")));
        Assert.Equal(["config.json", "model.safetensors", "tokenizer_config.json", "vocab.txt"], Directory.GetFiles(folder).Select(Path.GetFileName).Order());
        Assert.Equal("../../blobs/" + SmallHub.Sha256(_weights), new FileInfo(Path.Combine(folder, "model.safetensors")).LinkTarget);
        Assert.Equal(_weights, File.ReadAllBytes(Path.Combine(folder, "model.safetensors")));
        Assert.Equal(4, Directory.GetFiles(Path.Combine(root, "blobs")).Length);
        // What is there is not fetched again.
        int before = _hub.Requests.Count;
        Assert.Equal(folder, Fetch());
        Assert.Equal(before + 1, _hub.Requests.Count);
        HubModels.Copy(folder, _scratch["copy"]);
        Assert.Null(new FileInfo(Path.Combine(_scratch["copy"], "model.safetensors")).LinkTarget);
        Assert.Equal(_weights, File.ReadAllBytes(Path.Combine(_scratch["copy"], "model.safetensors")));
    }

    /// <summary>Ranks of a host, jobs of an array: whoever gives a file its name takes it from nobody.</summary>
    [Fact]
    public void Many_may_give_a_file_its_name_at_once()
    {
        var cache = new HubCache(Settings(), HubReference.Parse("owner/model"));
        string hash = SmallHub.Sha256(_weights), blob = cache.Blob(hash);
        Directory.CreateDirectory(Path.GetDirectoryName(blob)!);
        File.WriteAllBytes(blob, _weights);
        for (int round = 0; round < 100; round++)
        {
            string file = $"{round}/model.safetensors";
            Parallel.For(0, 8, _ =>
            {
                cache.Link(SmallHub.Commit, file, hash);
                Assert.True(cache.Has(SmallHub.Commit, file));
            });
            Assert.Equal([file[(file.IndexOf('/') + 1)..]], Directory.GetFiles(Path.Combine(cache.Snapshot(SmallHub.Commit), $"{round}")).Select(Path.GetFileName));
        }
    }

    [Fact]
    public async Task Models_without_an_owner_and_commits_by_name_are_found()
    {
        await using SmallHub hub = await SmallHub.Start("bert-base-uncased");
        Fill(hub);
        string folder = HubModels.Fetch(HubReference.Parse("bert-base-uncased@" + SmallHub.Commit), Settings() with { Endpoint = hub.Endpoint });
        Assert.EndsWith(Path.Combine("models--bert-base-uncased", "snapshots", SmallHub.Commit), folder);
    }

    [Fact]
    public void A_cut_connection_is_gone_on_with_where_it_was_cut()
    {
        foreach (int cut in (int[])[100_000, 1, 50_000])
            _hub.Cuts.Enqueue(cut);
        Assert.Equal(_weights, File.ReadAllBytes(Path.Combine(Fetch(), "model.safetensors")));
        string[] ranges = [.. _hub.Requests.Where(r => r.StartsWith("GET /model.safetensors", StringComparison.Ordinal))];
        Assert.Equal("GET /model.safetensors", ranges[0]);
        Assert.All(ranges[1..], r => Assert.Contains("bytes=", r));
        Assert.False(_hub.TokenLeaked);
    }

    [Fact]
    public void A_half_file_of_an_earlier_try_is_gone_on_with()
    {
        string blobs = Directory.CreateDirectory(Path.Combine(_scratch["cache"], "models--owner--model", "blobs")).FullName;
        File.WriteAllBytes(Path.Combine(blobs, SmallHub.Sha256(_weights) + ".incomplete"), _weights[..123_456]);
        Assert.Equal(_weights, File.ReadAllBytes(Path.Combine(Fetch(), "model.safetensors")));
        Assert.Contains("GET /model.safetensors bytes=123456-", _hub.Requests);
        Assert.Empty(Directory.GetFiles(blobs, "*.incomplete"));
    }

    [Fact]
    public void A_wrong_half_file_is_noticed_by_the_hash_and_fetched_anew()
    {
        string blobs = Directory.CreateDirectory(Path.Combine(_scratch["cache"], "models--owner--model", "blobs")).FullName;
        File.WriteAllBytes(Path.Combine(blobs, SmallHub.Sha256(_weights) + ".incomplete"), new byte[1000]);
        Assert.Equal(_weights, File.ReadAllBytes(Path.Combine(Fetch(), "model.safetensors")));
    }

    [Fact]
    public void A_hub_that_sends_other_bytes_than_it_says_is_not_believed()
    {
        int sent = 0;
        _hub.Fault = context =>
        {
            if (context.Request.Path != "/model.safetensors")
                return false;
            sent++;
            context.Response.Body.Write(new byte[_weights.Length]);
            return true;
        };
        Refusals.OfRun(() => Fetch(), "not what the hub says it is", "model.safetensors");
        Assert.Equal(6, sent);
        Assert.Empty(Directory.GetFiles(_scratch["cache"], "*.incomplete", SearchOption.AllDirectories));
        Assert.False(File.Exists(Path.Combine(_scratch["cache"], "models--owner--model", "refs", "main")));
    }

    [Theory]
    [InlineData(503, 0)]
    [InlineData(500, 0)]
    [InlineData(429, 3)]
    public void A_busy_hub_is_asked_again(int status, int retryAfter)
    {
        int left = 3;
        _hub.Fault = context =>
        {
            if (left-- <= 0)
                return false;
            context.Response.StatusCode = status;
            if (retryAfter > 0)
                context.Response.Headers.RetryAfter = retryAfter.ToString();
            return true;
        };
        Assert.Equal(_weights, File.ReadAllBytes(Path.Combine(Fetch(), "model.safetensors")));
    }

    [Fact]
    public void A_hub_that_stays_broken_is_given_up()
    {
        _hub.Fault = context => { context.Response.StatusCode = 502; return true; };
        Refusals.OfRun(() => Fetch(), "answers 502", "owner/model");
        _hub.Fault = context => { context.Abort(); return true; };
        Refusals.OfRun(() => Fetch(), "cannot reach", "tried 6 times");
        Refusals.OfRun(() => HubModels.Fetch(HubReference.Parse("owner/model"), Settings() with { Endpoint = "http://127.0.0.1:1" }), "cannot reach http://127.0.0.1:1");
        _hub.Fault = context => { context.Response.Body.Write("<html>a proxy's page</html>"u8); return true; };
        Refusals.OfRun(() => Fetch(), "not JSON");
        _hub.Fault = context => { context.Response.Body.Write("[{}]"u8); return true; };
        Refusals.OfRun(() => Fetch(), "does not say what it holds");
    }

    [Fact]
    public void A_connection_that_stalls_is_ended()
    {
        int stalls = 1;
        _hub.Fault = context =>
        {
            if (context.Request.Path != "/model.safetensors" || Interlocked.Decrement(ref stalls) < 0)
                return false;
            context.Response.ContentLength = _weights.Length;
            context.Response.Body.Write(_weights, 0, 1000);
            context.Response.Body.Flush();
            context.RequestAborted.WaitHandle.WaitOne(TimeSpan.FromSeconds(20));
            return true;
        };
        Assert.Equal(_weights, File.ReadAllBytes(Path.Combine(Fetch(Settings() with { Stall = TimeSpan.FromMilliseconds(500) }), "model.safetensors")));
    }

    [Fact]
    public void What_was_fetched_will_do_where_the_hub_cannot_be_reached()
    {
        string folder = Fetch();
        var notices = new List<string>();
        HubReference reference = HubReference.Parse("hf:owner/model");
        Assert.Equal(folder, HubModels.Fetch(reference, Settings() with { Endpoint = "http://127.0.0.1:1" }, notice: notices.Add));
        Assert.Contains("taking owner/model from the cache", Assert.Single(notices));
        Assert.Equal(folder, HubModels.Fetch(reference, Settings() with { IsOffline = true, Endpoint = "http://127.0.0.1:1" }));
        Refusals.Of(() => HubModels.Fetch(HubReference.Parse("owner/other"), Settings() with { IsOffline = true }), "not in the cache", "HF_HUB_OFFLINE");
    }

    [Fact]
    public void Refusals_say_what_to_do()
    {
        Refusals.Of(() => HubModels.Fetch(HubReference.Parse("owner/nothing"), Settings()), "no such repository, or a private one", "owner/nothing", "HF_TOKEN");
        Refusals.Of(() => HubModels.Fetch(HubReference.Parse("owner/model@never"), Settings()), "no such revision", "owner/model@never");
        Refusals.Of(() => Fetch(Settings() with { Token = "hf_wrong" }), "does not accept the token");
        _hub.IsGated = true;
        Refusals.Of(() => Fetch(), "a gated repository", "ask for access");
        _hub.IsPrivate = true;
        Refusals.Of(() => Fetch(), "private");
        Fetch(Settings() with { Token = SmallHub.Token });
        Assert.False(_hub.TokenLeaked);
        _hub.Files.TryRemove("model.safetensors", out _);
        _hub.Files.TryRemove("pytorch_model.bin", out _);
        _hub.Files["tf_model.h5"] = [1];
        Refusals.Of(() => Fetch(Settings() with { Token = SmallHub.Token, Cache = _scratch["other"] }), "no weights that can be read");
    }

    [Fact]
    public void A_cache_that_cannot_be_written_to_is_said()
    {
        string file = _scratch.File("file", "");
        Refusals.OfRun(() => Fetch(Settings() with { Cache = file }), "cannot write");
    }

    [Theory]
    [InlineData("owner/name", true)]
    [InlineData("hf:bert-base-uncased", true)]
    [InlineData("owner/name@v1.0", true)]
    [InlineData("owner/name@refs/pr/1", true)]
    [InlineData("../name", false)]
    [InlineData("owner/..", false)]
    [InlineData("a/b/c", false)]
    [InlineData("", false)]
    [InlineData("owner/name@", false)]
    [InlineData("owner/name@../../x", false)]
    [InlineData("owner/na me", false)]
    public void Names_are_checked(string name, bool isGood)
    {
        if (isGood)
            Assert.Equal(name.Replace("hf:", ""), HubReference.Parse(name).ToString());
        else
            Refusals.Of(() => HubReference.Parse(name), "no name of a hub's repository");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(70_000)]
    [InlineData(100_000)]
    public void A_model_is_published_as_one_commit(int chunkSize)
    {
        _hub.ChunkSize = chunkSize;
        string folder = ModelToPublish();
        int failures = 2;
        _hub.Fault = context =>
        {
            if (context.Request.Method != "PUT" || failures-- <= 0)
                return false;
            context.Response.StatusCode = 503;
            return true;
        };
        Assert.EndsWith("/owner/model/commit/" + SmallHub.Commit, Push(folder));
        Assert.Equal(_weights, _hub.Stored[SmallHub.Sha256(_weights)]);
        Assert.False(_hub.TokenLeaked);
        Assert.Equal(["header", "file", "lfsFile"], _hub.Committed.Select(line => line["key"]!.ToString()));
        Assert.Equal("A message", _hub.Committed[0]["value"]!["summary"]!.ToString());
        Assert.Equal("{}", Encoding.UTF8.GetString(Convert.FromBase64String(_hub.Committed[1]["value"]!["content"]!.ToString())));
        JsonNode large = _hub.Committed[2]["value"]!;
        Assert.Equal(("model.safetensors", "sha256", SmallHub.Sha256(_weights), 300_000L), (large["path"]!.ToString(), large["algo"]!.ToString(), large["oid"]!.ToString(), (long)large["size"]!));
        // What the storage has is not sent again.
        int puts = _hub.Requests.Count(r => r.StartsWith("PUT", StringComparison.Ordinal));
        Push(folder);
        Assert.Equal(puts, _hub.Requests.Count(r => r.StartsWith("PUT", StringComparison.Ordinal)));
    }

    [Fact]
    public void Publishing_needs_a_token_that_may()
    {
        string folder = ModelToPublish();
        Refusals.Of(() => HubPublisher.Push(folder, HubReference.Parse("owner/model"), Settings(), false, "m"), "no token", "HF_TOKEN");
        Refusals.Of(() => HubPublisher.Push(folder, HubReference.Parse("owner/model"), Settings() with { Token = "hf_wrong" }, false, "m"), "does not accept the token");
        _hub.Fault = context =>
        {
            bool isCommit = context.Request.Path.Value!.Contains("/commit/", StringComparison.Ordinal);
            context.Response.StatusCode = isCommit ? 403 : 200;
            return isCommit;
        };
        Refusals.Of(() => Push(folder), "the token has no permission");
        _hub.Fault = context =>
        {
            bool isCreate = context.Request.Path == "/api/repos/create";
            context.Response.StatusCode = isCreate ? StatusCodes.Status409Conflict : 200;
            return isCreate;
        };
        Push(folder);
        Assert.Equal(3, _hub.Committed.Count);
    }

    private string ModelToPublish()
    {
        string folder = Directory.CreateDirectory(_scratch["model"]).FullName;
        File.WriteAllBytes(Path.Combine(folder, "model.safetensors"), _weights);
        File.WriteAllText(Path.Combine(folder, "config.json"), "{}");
        foreach (string secret in (string[])["optimizer.safetensors", "trainer_state.json", "SHA256SUMS"])
            File.WriteAllText(Path.Combine(folder, secret), "not to be published");
        return folder;
    }

    private void Fill(SmallHub hub)
    {
        hub.Files["config.json"] = "{\"model_type\":\"bert\"}"u8.ToArray();
        hub.Files["vocab.txt"] = "[PAD]\n"u8.ToArray();
        hub.Files["tokenizer_config.json"] = "{}"u8.ToArray();
        hub.Files["model.safetensors"] = _weights;
        hub.Files["pytorch_model.bin"] = [1, 2, 3];
        hub.Files["flax_model.msgpack"] = [4];
    }

    private HubSettings Settings() => new() { Endpoint = _hub.Endpoint, Cache = _scratch["cache"], Patience = 0.001 };

    private string Fetch(HubSettings? settings = null) => HubModels.Fetch(HubReference.Parse("owner/model"), settings ?? Settings());

    private string Push(string folder) =>
        HubPublisher.Push(folder, HubReference.Parse("owner/model"), Settings() with { Token = SmallHub.Token }, isPrivate: true, "A message");
}
