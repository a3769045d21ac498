using System.Text.Json;
using Xunit;

namespace BareBert.Tests;

/// <summary>DistilBERT and ALBERT pretrain from the command line as BERT does, each with the heads and the tokenizer that it has.</summary>
[Collection(nameof(CliCollection))]
public sealed class PretrainFamiliesTests(TrainedRun run)
{
    private const string Distil = """{"model_type": "distilbert", "dim": 16, "hidden_dim": 32, "n_heads": 2, "n_layers": 1, "max_position_embeddings": 32, "vocab_size": 50}""";

    private const string Albert = """
        {"model_type": "albert", "embedding_size": 8, "hidden_size": 16, "intermediate_size": 32, "num_attention_heads": 2, "num_hidden_layers": 2,
         "max_position_embeddings": 32, "vocab_size": 50}
        """;

    [Fact]
    public void DistilBERT_learns_masked_words_alone()
    {
        string directory = Pretrain(Distil, run.Vocabulary, steps: 4);
        Assert.Equal("DistilBertForMaskedLM", Assert.Single(Config(directory).GetProperty("architectures").EnumerateArray()).GetString());
        string[] lines = File.ReadAllLines(Path.Combine(directory, "metrics.jsonl"));
        Assert.All(lines, line => Assert.DoesNotContain("nsp", line));
        JsonElement evaluated = CliRun.Of("evaluate", "--model", directory, "--json").Json().GetProperty("splits").GetProperty("valid");
        JsonElement logged = JsonDocument.Parse(lines.Last(line => line.Contains("\"valid\""))).RootElement;
        Assert.Equal(logged.GetProperty("mlm_loss").GetDouble(), evaluated.GetProperty("mlm_loss").GetDouble());

        string halfway = Pretrain(Distil, run.Vocabulary, steps: 2);
        CliRun.Of("pretrain", "--resume", halfway, "--steps", "4", "--quiet").Succeeded();
        Assert.Equal(Weights(directory), Weights(halfway));
        CliRun.Of("pretrain", "--data", run.Data, "--model", directory, "--steps", "1", "--out", run.New(), "--quiet", "--cache", "none").Succeeded();
    }

    [Fact]
    public void ALBERT_reads_sentencepieces_own_file()
    {
        string directory = Pretrain(Albert, HardTexts.PathOf("small-spiece.model"), steps: 2);
        Assert.Equal("AlbertForPreTraining", Assert.Single(Config(directory).GetProperty("architectures").EnumerateArray()).GetString());
        Assert.Equal(File.ReadAllBytes(HardTexts.PathOf("small-spiece.model")), File.ReadAllBytes(Path.Combine(directory, "checkpoint", "spiece.model")));
        JsonElement sequence = CliRun.Of("tokenize", "--vocab", HardTexts.PathOf("small-spiece.model"), "the", "--json").Json().GetProperty("sequences")[0];
        Assert.Equal("▁the", sequence.GetProperty("tokens")[1].GetString());
    }

    private string Pretrain(string config, string vocabulary, int steps)
    {
        string directory = run.New(), file = run.New() + ".json";
        File.WriteAllText(file, config);
        string[] args = [.. run.Pretrain(directory).Select(arg => arg == run.Config ? file : arg == run.Vocabulary ? vocabulary : arg)];
        CliRun.Of([.. args, "--steps", $"{steps}"]).Succeeded();
        return directory;
    }

    private static JsonElement Config(string directory) =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(directory, "checkpoint", "config.json"))).RootElement;

    private static byte[] Weights(string directory) => File.ReadAllBytes(Path.Combine(directory, "checkpoint", "model.safetensors"));
}
