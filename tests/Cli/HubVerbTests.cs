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

    /// <summary>Adapters name a base model of the hub by its name and revision, and find it in the cache; another one by the way to it.</summary>
    [Fact]
    public void Adapters_name_their_base_as_others_can_find_it()
    {
        string data = _scratch.File("labels.csv", "text,label\n" + string.Concat(Enumerable.Range(0, 12).Select(i => $"the cat sees {i},{i % 2}\n")));
        string[] train = ["finetune", "--task", "classification", "--data", data, "--method", "lora", "--steps", "1", "--quiet", "--model"];
        CliRun.Of([.. train, "hf:owner/model", "--out", _scratch["named"]]).Succeeded();
        string config = Path.Combine(_scratch["named"], "checkpoint", "adapter_config.json");
        Assert.Contains("\"base_model_name_or_path\": \"owner/model\"", File.ReadAllText(config));
        Assert.Contains($"\"revision\": \"{SmallHub.Commit}\"", File.ReadAllText(config));
        CliRun.Of("predict", "--model", _scratch["named"], "the cat").Succeeded();
        Environment.SetEnvironmentVariable("HF_HOME", _scratch["elsewhere"]);
        CliRun.Of("predict", "--model", _scratch["named"], "the cat").Refused("owner/model", "barebert pull owner/model");

        string home = Directory.CreateDirectory(_scratch["here"]).FullName;
        foreach (string file in Directory.GetFiles(Path.Combine(run.Run, "best")))
            File.Copy(file, Path.Combine(Directory.CreateDirectory(Path.Combine(home, "base")).FullName, Path.GetFileName(file)));
        CliRun.Of([.. train, Path.Combine(home, "base"), "--out", Path.Combine(home, "run")]).Succeeded();
        Assert.Contains("\"base_model_name_or_path\": \"../../base\"", File.ReadAllText(Path.Combine(home, "run", "checkpoint", "adapter_config.json")));
        Directory.Move(home, _scratch["there"]);
        CliRun.Of("predict", "--model", _scratch["there/run"], "the cat").Succeeded();
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
