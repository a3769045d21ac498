using System.Text;
using System.Text.Json;
using BareBert.Kernels;
using BareBert.Tests.Hub;
using Parquet.Serialization;
using Xunit;

namespace BareBert.Tests;

/// <summary>--data hf:datasets/owner/name as a user calls it, against a hub that the environment names.</summary>
[Collection(nameof(CliCollection))]
public sealed class HubDatasetTests : IAsyncLifetime
{
    private static readonly string[] Variables = ["HF_ENDPOINT", "HF_HOME", "HF_HUB_CACHE", "HF_TOKEN", "HF_TOKEN_PATH", "HF_HUB_OFFLINE"];

    private readonly Scratch _scratch = new();
    private readonly Dictionary<string, string?> _before = Variables.ToDictionary(name => name, Environment.GetEnvironmentVariable);
    private SmallHub _hub = null!;

    public async ValueTask InitializeAsync()
    {
        _hub = await SmallHub.Start();
        _hub.Kind = "datasets";
        foreach (string name in Variables)
            Environment.SetEnvironmentVariable(name, null);
        Environment.SetEnvironmentVariable("HF_ENDPOINT", _hub.Endpoint);
        Environment.SetEnvironmentVariable("HF_HOME", _scratch["home"]);
        using var kernels = new CpuKernels(1);
        KeywordSentiment.SaveBase(_scratch["base"], kernels);
    }

    public async ValueTask DisposeAsync()
    {
        foreach ((string name, string? value) in _before)
            Environment.SetEnvironmentVariable(name, value);
        await _hub.DisposeAsync();
        _scratch.Dispose();
    }

    /// <summary>As imdb lies there: pieces of Parquet in one folder, beside rows without labels and a card.</summary>
    [Fact]
    public async Task Tables_are_fetched_and_learned_from()
    {
        _hub.Files["plain_text/train-00000-of-00002.parquet"] = await Parquet(24, 1);
        _hub.Files["plain_text/train-00001-of-00002.parquet"] = await Parquet(16, 2);
        _hub.Files["plain_text/test-00000-of-00001.parquet"] = await Parquet(10, 3);
        _hub.Files["plain_text/unsupervised-00000-of-00001.parquet"] = [1, 2, 3];
        _hub.Files["README.md"] = "# IMDB"u8.ToArray();
        _hub.Large.UnionWith(_hub.Files.Keys.Where(name => name.EndsWith(".parquet")));
        _hub.Cuts.Enqueue(100); // the first file's connection is cut once
        string[] train = ["finetune", "--task", "classification", "--data", "hf:datasets/owner/model", "--model", _scratch["base"], "--steps", "2", "--json"];
        CliRun.Of([.. train, "--out", _scratch["run"]]).Json();
        JsonElement data = JsonDocument.Parse(File.ReadAllText(Path.Combine(_scratch["run"], "run.json"))).RootElement.GetProperty("data");
        Assert.Equal((32, 8, 10), (data.GetProperty("train").GetInt32(), data.GetProperty("validation").GetInt32(), data.GetProperty("test").GetInt32()));
        Assert.DoesNotContain(_hub.Requests, r => r.Contains("unsupervised") || r.Contains("README"));
        int asked = _hub.Requests.Count;
        Environment.SetEnvironmentVariable("HF_HUB_OFFLINE", "1");
        CliRun.Of([.. train, "--out", _scratch["again"]]).Json();
        Assert.Equal(asked, _hub.Requests.Count);
        Assert.True(Directory.Exists(Path.Combine(_scratch["home"], "hub", "datasets--owner--model", "snapshots", SmallHub.Commit)));
    }

    /// <summary>As glue lies there: a folder a configuration, of which one is named.</summary>
    [Fact]
    public async Task A_configuration_is_named()
    {
        foreach (string name in (string[])["cola", "sst2"])
        {
            _hub.Files[$"{name}/train-00000-of-00001.parquet"] = await Parquet(20, 1);
            _hub.Files[$"{name}/validation-00000-of-00001.parquet"] = await Parquet(6, 2);
        }
        string[] train = ["finetune", "--task", "classification", "--model", _scratch["base"], "--steps", "1", "--out", _scratch["run"], "--data"];
        CliRun.Of([.. train, "hf:datasets/owner/model"]).Refused("several configurations", "cola, sst2", "hf:datasets/owner/model:cola");
        CliRun.Of([.. train, "hf:datasets/owner/model:mnli"]).Refused("no configuration 'mnli'");
        CliRun.Of([.. train, "hf:datasets/owner/model:sst2@main", "--quiet"]).Succeeded();
        Assert.DoesNotContain(_hub.Requests, r => r.Contains("cola"));
        CliRun.Of([.. train, "hf:owner/model"]).Refused("a model, where data are needed", "hf:datasets/owner/name");
        CliRun.Of("embed", "--model", "hf:datasets/owner/model", "text").Refused("a data set, where a model is needed");
    }

    /// <summary>As squad lies there, in JSON Lines; and a repository without tables.</summary>
    [Fact]
    public void Questions_are_answered_from_it()
    {
        string Rows(int count) => string.Concat(Enumerable.Range(0, count).Select(i =>
            $$$"""{"id": "q{{{i}}}", "title": "t{{{i % 4}}}", "context": "the film was good today {{{i}}}", "question": "was it good", "answers": {"text": ["good"], "answer_start": [13]}}""" + "\n"));
        _hub.Files["train.jsonl"] = Encoding.UTF8.GetBytes(Rows(12));
        _hub.Files["validation.jsonl"] = Encoding.UTF8.GetBytes(Rows(5));
        string run = _scratch["run"];
        CliRun.Of("finetune", "--task", "qa", "--data=hf:datasets/owner/model", "--model", _scratch["base"], "--steps", "1", "--out", run, "--quiet").Succeeded();
        JsonElement measured = CliRun.Of("evaluate", "--model", run, "--data", "hf:datasets/owner/model", "--json").Json();
        Assert.True(measured.GetProperty("splits").EnumerateObject().Any());
        _hub.Files.Clear();
        _hub.Files["script.py"] = "x"u8.ToArray();
        CliRun.Of("finetune", "--task", "qa", "--data", "hf:datasets/owner/model@main", "--model", _scratch["base"], "--out", _scratch["none"]).Refused("no tables that can be read");
        CliRun.Of("finetune", "--task", "qa", "--data", "hf:datasets/owner/other", "--model", _scratch["base"], "--out", _scratch["none"]).Refused("no such repository");
    }

    /// <summary>As wikitext lies there: a row a line, empty rows between paragraphs. It is the corpus that the text files are.</summary>
    [Fact]
    public async Task A_corpus_is_pretrained_on()
    {
        Directory.CreateDirectory(_scratch["texts"]);
        foreach ((string part, int articles) in new[] { ("train", 6), ("validation", 2), ("test", 2) })
        {
            string[] lines = [.. Enumerable.Range(0, articles).SelectMany(i => (string[])["", $" = Film {i} = ", "", $" The film was good today {i} . It was a story with actors . ", $" And music was in it {i} . It was fine . ", ""])];
            _hub.Files[$"wikitext-2-raw-v1/{part}-00000-of-00001.parquet"] = await Parquet([.. lines.Select(line => new Row { text = line.Length == 0 ? "" : line + "\n" })]);
            _scratch.File($"texts/wiki.{(part == "validation" ? "valid" : part)}.raw", string.Join('\n', lines) + "\n");
        }
        CliRun.Of("pretrain", "--data", "hf:datasets/owner/model", "--model", "tiny", "--vocab", "60", "--steps", "1", "--out", _scratch["run"], "--quiet").Succeeded();
        string folder = Path.Combine(_scratch["home"], "hub", "datasets--owner--model", "snapshots", SmallHub.Commit, "wikitext-2-raw-v1");
        Corpus tables = CorpusSource.Open(folder).Read(), texts = CorpusSource.Open(_scratch["texts"]).Read();
        foreach (Split split in Enum.GetValues<Split>())
            Assert.Equal(texts[split].Select(d => string.Join('|', d.Sentences)), tables[split].Select(d => string.Join('|', d.Sentences)));
        Assert.Equal(6, tables[Split.Train].Count);
        // Where no row is empty each is a document.
        await File.WriteAllBytesAsync(_scratch["rows.parquet"], await Parquet([.. Enumerable.Range(0, 12).Select(i => new Row { text = $"One film {i}. It was good.\n\nAnother part." })]));
        Corpus rows = CorpusSource.Open(_scratch["rows.parquet"]).Read();
        Assert.Equal(12, Enum.GetValues<Split>().Sum(split => rows[split].Count));
    }

    private static Task<byte[]> Parquet(int count, ulong seed) => Parquet([.. KeywordSentiment.Texts(count, seed).Examples.Select(e => new Row { text = e.Text, label = e.Label })]);

    private static async Task<byte[]> Parquet(Row[] rows)
    {
        using var file = new MemoryStream();
        await ParquetSerializer.SerializeAsync(rows, file);
        return file.ToArray();
    }

    // Its properties are the columns.
    private sealed class Row
    {
        public string text { get; set; } = "";

        public int label { get; set; }
    }
}
