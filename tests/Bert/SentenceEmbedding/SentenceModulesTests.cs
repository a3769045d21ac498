using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BareBert.Tests;

/// <summary>Folders as sentence-transformers writes them.</summary>
public sealed class SentenceModulesTests : IDisposable
{
    private const string Old = "sentence_transformers.models.";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void MiniLM_is_read_as_it_is_published()
    {
        Write([("Transformer", ""), ("Pooling", "1_Pooling"), ("Normalize", "2_Normalize")], Old);
        _folder.Write("1_Pooling/config.json", """{"word_embedding_dimension": 384, "pooling_mode_cls_token": false, "pooling_mode_mean_tokens": true, "pooling_mode_max_tokens": false, "pooling_mode_mean_sqrt_len_tokens": false}""");
        _folder.Write("sentence_bert_config.json", """{"max_seq_length": 256, "do_lower_case": false}""");
        _folder.Write("config_sentence_transformers.json", """{"__version__": {"sentence_transformers": "2.0.0"}}""");
        SentenceModules read = SentenceModules.Open(_folder.Root);
        Assert.Equal((Pooling.Mean, true, 256, false, "cosine", true), (read.Pooling, read.Normalizes, read.MaxLength, read.Lowercases, read.Similarity, read.PoolsPrompt));
        Assert.Empty(read.Prompts);
        Assert.Equal(("", "", ""), (read.UsualPrompt, read.QueryPrompt, read.DocumentPrompt));
    }

    /// <summary>The first token, and a prompt for what is searched by.</summary>
    [Fact]
    public void Arctic_is_read_as_it_is_published()
    {
        Write([("Transformer", ""), ("Pooling", "1_Pooling"), ("Normalize", "2_Normalize")], Old);
        _folder.Write("1_Pooling/config.json", """{"word_embedding_dimension": 384, "pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false, "pooling_mode_max_tokens": false, "pooling_mode_mean_sqrt_len_tokens": false, "pooling_mode_weightedmean_tokens": false, "pooling_mode_lasttoken": false, "include_prompt": true}""");
        _folder.Write("sentence_bert_config.json", """{"max_seq_length": 512, "do_lower_case": false}""");
        _folder.Write("config_sentence_transformers.json", """{"prompts": {"query": "Represent this sentence for searching relevant passages: "}, "default_prompt_name": null, "similarity_fn_name": null}""");
        SentenceModules read = SentenceModules.Open(_folder.Root);
        Assert.Equal((Pooling.Cls, true, 512), (read.Pooling, read.Normalizes, read.MaxLength));
        Assert.Equal(("", "Represent this sentence for searching relevant passages: ", ""), (read.UsualPrompt, read.QueryPrompt, read.DocumentPrompt));
    }

    /// <summary>Other packages, a word for the pooling, settings that say nothing of the length; no normalisation.</summary>
    [Fact]
    public void The_newest_releases_are_read()
    {
        Write([("transformer.Transformer", ""), ("pooling.Pooling", "1_Pooling")], "sentence_transformers.base.modules.");
        _folder.Write("1_Pooling/config.json", """{"embedding_dimension": 16, "pooling_mode": "cls", "include_prompt": true}""");
        _folder.Write("sentence_bert_config.json", """{"transformer_task": "feature-extraction", "module_output_name": "token_embeddings"}""");
        _folder.Write("config_sentence_transformers.json", """{"model_type": "SentenceTransformer", "prompts": {"query": "query: ", "document": "passage: "}, "default_prompt_name": "document"}""");
        SentenceModules read = SentenceModules.Open(_folder.Root);
        Assert.Equal((Pooling.Cls, false, null), (read.Pooling, read.Normalizes, read.MaxLength));
        Assert.Equal(("passage: ", "query: ", "passage: "), (read.UsualPrompt, read.QueryPrompt, read.DocumentPrompt));
    }

    [Theory]
    [InlineData("""{"pooling_mode_max_tokens": true}""", "max_tokens")]
    [InlineData("""{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": true}""", "cls_token and mean_tokens")]
    [InlineData("""{"pooling_mode": "lasttoken"}""", "lasttoken")]
    [InlineData("""{}""", "nothing")]
    public void Another_pooling_is_refused_by_name(string pooling, string named)
    {
        Write([("Transformer", ""), ("Pooling", "1_Pooling")], Old);
        _folder.Write("1_Pooling/config.json", pooling);
        Refusals.Of(() => SentenceModules.Open(_folder.Root), "1_Pooling", named);
    }

    [Fact]
    public void Another_module_is_refused_by_name()
    {
        _folder.Write("1_Pooling/config.json", """{"pooling_mode_mean_tokens": true}""");
        Write([("Transformer", ""), ("Pooling", "1_Pooling"), ("Dense", "2_Dense")], Old);
        Refusals.Of(() => SentenceModules.Open(_folder.Root), "Dense", "modules.json");
        Write([("CLIPModel", "")], Old);
        Refusals.Of(() => SentenceModules.Open(_folder.Root), "CLIPModel");
        Write([("Transformer", "")], Old);
        Refusals.Of(() => SentenceModules.Open(_folder.Root), "no pooling");
        Write([("Transformer", ""), ("Pooling", "../1_Pooling")], Old);
        Refusals.Of(() => SentenceModules.Open(_folder.Root), "no folder beside");
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        var modules = new SentenceModules
        {
            Pooling = Pooling.Cls, Normalizes = true, MaxLength = 77, Lowercases = true, Similarity = "dot", PoolsPrompt = false,
            Prompts = new Dictionary<string, string> { ["query"] = "Q: ", ["other"] = "ä" }, DefaultPrompt = "other",
        };
        modules.Save(_folder.Root, 32);
        SentenceModules read = SentenceModules.Open(_folder.Root);
        Assert.Equal(modules.Prompts, read.Prompts);
        Assert.Equal(modules with { Prompts = read.Prompts }, read);
        Assert.True(Directory.Exists(_folder.At("2_Normalize")));
    }

    [Theory]
    [InlineData("modules.json")]
    [InlineData("1_Pooling/config.json")]
    [InlineData("sentence_bert_config.json")]
    [InlineData("config_sentence_transformers.json")]
    public void Damaged_files_are_read_or_refused(string name)
    {
        new SentenceModules { Normalizes = true, MaxLength = 128, Prompts = new Dictionary<string, string> { ["query"] = "Q: " }, DefaultPrompt = "query" }.Save(_folder.Root, 32);
        byte[] good = File.ReadAllBytes(_folder.At(name.Split('/')));
        Prop.ForAll(Mutations.Of(good).ToArbitrary(), bytes =>
        {
            _folder.Write(name, bytes);
            return Refusals.SucceedsOrRefuses(() => SentenceModules.Open(_folder.Root));
        }).HoldsFor();
    }

    private void Write((string Kind, string Path)[] modules, string package) => _folder.Write("modules.json",
        $"[{string.Join(", ", modules.Select((m, i) => $$"""{"idx": {{i}}, "name": "{{i}}", "path": "{{m.Path}}", "type": "{{package}}{{m.Kind}}"}"""))}]");
}
