using BareBert.Tests.Hub;
using Xunit;

namespace BareBert.Tests;

/// <summary>pull, push and --model hf:owner/name as a user calls them, against a hub that the environment names.</summary>
[Collection(nameof(CliCollection))]
public sealed class HubVerbTests(TrainedRun run) : IAsyncLifetime
{
    private static readonly string[] Variables = ["HF_ENDPOINT", "HF_HOME", "HF_HUB_CACHE", "HF_TOKEN", "HF_TOKEN_PATH", "HF_HUB_OFFLINE"];

    private readonly Scratch _scratch = new();
    private readonly Dictionary<string, string?> _before = Variables.ToDictionary(name => name, Environment.GetEnvironmentVariable);
    private SmallHub _hub = null!;

    public async ValueTask InitializeAsync()
    {
        _hub = await SmallHub.Start();
        foreach (string name in Variables)
            Environment.SetEnvironmentVariable(name, null);
        Environment.SetEnvironmentVariable("HF_ENDPOINT", _hub.Endpoint + "/");
        Environment.SetEnvironmentVariable("HF_HOME", _scratch["home"]);
        foreach (string file in Directory.GetFiles(Path.Combine(run.Run, "best")))
            _hub.Files[Path.GetFileName(file)] = File.ReadAllBytes(file);
    }

    public async ValueTask DisposeAsync()
    {
        foreach ((string name, string? value) in _before)
            Environment.SetEnvironmentVariable(name, value);
        await _hub.DisposeAsync();
        _scratch.Dispose();
    }

    [Fact]
    public void A_hubs_model_is_used_by_name()
    {
        string[] texts = ["the cat sees", "the dog"];
        string here = CliRun.Of(["embed", "--model", run.Run, .. texts]).Json().GetProperty("embeddings").ToString();
        Assert.Equal(here, CliRun.Of(["embed", "--model", "hf:owner/model", .. texts]).Json().GetProperty("embeddings").ToString());
        int asked = _hub.Requests.Count;
        Environment.SetEnvironmentVariable("HF_HUB_OFFLINE", "1");
        Assert.Equal(here, CliRun.Of(["embed", "--model=hf:owner/model@main", .. texts]).Json().GetProperty("embeddings").ToString());
        Assert.Equal(asked, _hub.Requests.Count);
        CliRun.Of("embed", "--model", "hf:owner/other", "text").Refused("not in the cache");
    }

    [Fact]
    public void Pull_makes_a_folder_and_push_publishes_one()
    {
        string folder = _scratch["pulled"];
        Assert.Equal(folder + "\n", CliRun.Of("pull", "owner/model", "--to", folder).Succeeded().Out);
        Assert.Equal(_hub.Files["model.safetensors"], File.ReadAllBytes(Path.Combine(folder, "model.safetensors")));
        CliRun.Of("info", "--model", folder).Succeeded();
        CliRun.Of("pull", "owner/model", "--to", folder).Refused("there is something already");
        CliRun.Of("pull", "owner/nothing").Refused("no such repository");
        CliRun.Of("pull", "no/such/name").Refused("no name of a hub's repository");
        CliRun.Of("pull", "owner/model", "--token", "hf_wrong").Refused("does not accept the token");
        CliRun.Of("push", run.Run, "owner/model").Refused("no token");
        Directory.CreateDirectory(_scratch["home"]);
        _scratch.File("home/token", SmallHub.Token + "\n");
        Assert.Contains("/owner/model/commit/", CliRun.Of("push", run.Run, "owner/model", "--message", "From a test").Succeeded().Out);
        string[] published = [.. _hub.Committed.Skip(1).Select(line => line["value"]!["path"]!.ToString())];
        Assert.Contains("config.json", published);
        Assert.Contains("vocab.txt", published);
        Assert.DoesNotContain("SHA256SUMS", published);
        Assert.Equal(_hub.Files["model.safetensors"], _hub.Stored[SmallHub.Sha256(_hub.Files["model.safetensors"])]);
        CliRun.Of("push", _scratch["none"], "owner/model").Refused("no such folder");
    }
}
