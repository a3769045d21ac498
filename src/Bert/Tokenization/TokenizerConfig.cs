using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BareBert.Bert.Tokenization;

/// <summary><c>tokenizer_config.json</c>: which tokenizer a checkpoint has and how it cleans text, in Hugging Face's field names.</summary>
/// <param name="TokenizerClass"><c>tokenizer_class</c>: BertTokenizer, DistilBertTokenizer, AlbertTokenizer (or …Fast); null when the file does not say.</param>
/// <param name="LowerCase"><c>do_lower_case</c>.</param>
/// <param name="StripAccents"><c>strip_accents</c> (WordPiece).</param>
/// <param name="SplitChinese"><c>tokenize_chinese_chars</c> (WordPiece).</param>
/// <param name="KeepAccents"><c>keep_accents</c> (ALBERT).</param>
/// <param name="RemoveSpace"><c>remove_space</c> (ALBERT).</param>
public sealed record TokenizerConfig(
    string? TokenizerClass = null, bool LowerCase = true, bool? StripAccents = null, bool SplitChinese = true, bool KeepAccents = false, bool RemoveSpace = true)
{
    /// <summary>The file's name.</summary>
    public const string FileName = "tokenizer_config.json";

    /// <summary>True for ALBERT's class, with or without "Fast".</summary>
    public bool IsAlbert => TokenizerClass?.StartsWith("Albert", StringComparison.Ordinal) ?? false;

    /// <summary>What a WordPiece tokenizer writes beside its vocabulary.</summary>
    public static TokenizerConfig ForWordPiece(BasicTokenizerOptions options) =>
        new("BertTokenizer", options.LowerCase, options.StripAccents, options.SplitChinese);

    /// <summary>What an ALBERT tokenizer writes beside its model.</summary>
    public static TokenizerConfig ForUnigram(UnigramOptions options) =>
        new("AlbertTokenizer", options.LowerCase, KeepAccents: options.KeepAccents, RemoveSpace: options.RemoveSpace);

    /// <summary>The cleaning that WordPiece does.</summary>
    public BasicTokenizerOptions Basic => new(LowerCase, StripAccents, SplitChinese);

    /// <summary>Reads the file of a checkpoint folder; the defaults when there is none.</summary>
    /// <exception cref="InputException">Not JSON, or a field of the wrong kind.</exception>
    public static TokenizerConfig Load(string directory)
    {
        string path = Path.Combine(directory, FileName);
        return File.Exists(path) ? Parse(TokenizerFiles.ReadAllBytes(path, "tokenizer configuration"), path) : new TokenizerConfig();
    }

    /// <summary>The configuration in the bytes of a <c>tokenizer_config.json</c>; fields that it does not know are left alone.</summary>
    /// <param name="utf8">The file.</param>
    /// <param name="source">Named in errors.</param>
    /// <exception cref="InputException">As <see cref="Load"/>.</exception>
    public static TokenizerConfig Parse(ReadOnlySpan<byte> utf8, string source)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8.ToArray());
            var fields = new Fields(document.RootElement, source);
            return new TokenizerConfig(fields.Text("tokenizer_class"), fields.Flag("do_lower_case") ?? true, fields.Flag("strip_accents"),
                fields.Flag("tokenize_chinese_chars") ?? true, fields.Flag("keep_accents") ?? false, fields.Flag("remove_space") ?? true);
        }
        catch (InvalidOperationException e) // a string in it is not UTF-8, or half a surrogate pair
        {
            throw new InputException($"not UTF-8 text: {source}; restore the file or remove it to use BERT's defaults", e);
        }
        catch (JsonException e)
        {
            throw new InputException($"not JSON: {source}, line {(e.LineNumber ?? 0) + 1}; restore the file or remove it to use BERT's defaults", e);
        }
    }

    /// <summary>Writes the file into a checkpoint folder.</summary>
    /// <exception cref="RunException">The file cannot be written.</exception>
    public void Save(string directory)
    {
        var json = new JsonObject { ["do_lower_case"] = LowerCase };
        if (IsAlbert)
            Add(json, ("remove_space", RemoveSpace), ("keep_accents", KeepAccents), ("bos_token", Vocabulary.ClsToken), ("eos_token", Vocabulary.SepToken));
        else
            Add(json, ("strip_accents", StripAccents), ("tokenize_chinese_chars", SplitChinese), ("do_basic_tokenize", true), ("never_split", null));
        Add(json,
            ("unk_token", IsAlbert ? SentencePieceModel.UnknownToken : Vocabulary.UnknownToken), ("sep_token", Vocabulary.SepToken),
            ("pad_token", IsAlbert ? SentencePieceModel.PadToken : Vocabulary.PadToken), ("cls_token", Vocabulary.ClsToken),
            ("mask_token", Vocabulary.MaskToken), ("tokenizer_class", TokenizerClass));
        string text = json.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
        TokenizerFiles.WriteAllBytes(Path.Combine(directory, FileName), Encoding.UTF8.GetBytes(text + "\n"));
    }

    private static void Add(JsonObject json, params ReadOnlySpan<(string Name, JsonNode? Value)> fields)
    {
        foreach (var (name, value) in fields)
            json[name] = value;
    }

    private readonly struct Fields(JsonElement root, string source)
    {
        public bool? Flag(string name) => Find(name) switch
        {
            null => null,
            { ValueKind: JsonValueKind.True } => true,
            { ValueKind: JsonValueKind.False } => false,
            _ => throw new InputException($"{name} is not true or false: {source}; correct the field"),
        };

        public string? Text(string name) => Find(name) switch
        {
            null => null,
            { ValueKind: JsonValueKind.String } value => value.GetString(),
            _ => throw new InputException($"{name} is not a text: {source}; correct the field"),
        };

        private JsonElement? Find(string name)
        {
            if (root.ValueKind != JsonValueKind.Object)
                throw new InputException($"not a JSON object: {source}; restore the file or remove it to use BERT's defaults");
            return root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
        }
    }
}
