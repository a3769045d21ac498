using System.Text.Json.Nodes;

namespace BareBert.Bert.Tokenization;

/// <summary><c>tokenizer.json</c>, Hugging Face's file that says all about a tokenizer: read into parts, and kept as it was to be written again.</summary>
internal sealed record TokenizerDocument
{
    /// <summary>The file's name.</summary>
    public const string FileName = "tokenizer.json";

    /// <summary>The file, for messages.</summary>
    public required string Source { get; init; }

    /// <summary>The model's vocabulary in id order; empty where an id stands for nothing.</summary>
    public required IReadOnlyList<string> Vocabulary { get; init; }

    /// <summary>The pieces' log probabilities, of a unigram model; null: it is WordPiece.</summary>
    public double[]? Scores { get; init; }

    /// <summary>The model's unknown token.</summary>
    public required string Unknown { get; init; }

    /// <summary>WordPiece: what begins a piece that continues a word.</summary>
    public string Prefix { get; init; } = Tokenization.Vocabulary.ContinuationPrefix;

    /// <summary>WordPiece: the most characters of a word.</summary>
    public int LongestWord { get; init; } = DefaultLongestWord;

    /// <summary>What rewrites text; null: nothing.</summary>
    public ITextNormalizer? Normalizer { get; init; }

    /// <summary>What cuts text; null: nothing.</summary>
    public IPreTokenizer? PreTokenizer { get; init; }

    /// <summary>How the text is cleaned, where the tokenizer is BERT's own in all its parts; else null.</summary>
    public BasicTokenizerOptions? Basic { get; init; }

    /// <summary>The tokens that are single ids.</summary>
    public required IReadOnlyList<AddedToken> Added { get; init; }

    /// <summary>What is put around texts.</summary>
    public required SequenceTemplate Template { get; init; }

    /// <summary>The length that it asks for; null: none.</summary>
    public SequenceOptions? Truncation { get; init; }

    /// <summary>Most characters of a word that WordPiece spells, in all of BERT's.</summary>
    public const int DefaultLongestWord = 100;

    // Parsed once it is to be written: whoever reads text has no use for it.
    private Lazy<JsonObject> Json { get; init; } = new(() => []);

    /// <summary>Whether the model is WordPiece.</summary>
    public bool IsWordPiece => Scores is null;

    /// <summary>Reads a file.</summary>
    /// <exception cref="InputException">Missing, not JSON, wrong, or it asks for something that is not done here.</exception>
    public static TokenizerDocument Load(string path) => Parse(TokenizerFiles.ReadAllBytes(path, "tokenizer"), path);

    /// <inheritdoc cref="Load"/>
    /// <param name="utf8">The file.</param>
    /// <param name="source">Named in errors.</param>
    public static TokenizerDocument Parse(ReadOnlySpan<byte> utf8, string source) => JsonFields.Parse(utf8, source, "restore the file", fields =>
    {
        JsonFields model = fields.Require("model", fields.Object("model"));
        ModelJson parts = ModelJson.Read(model);
        AddedToken[] added = [.. fields.Objects("added_tokens").Select(token => AddedTokenJson.Read(token, token.Require("id", token.Natural("id"))))];
        if (added.Select(token => token.Content).Distinct().Count() < added.Length || added.Any(token => token.Id > ModelJson.LargestId))
            throw fields.Wrong("added_tokens", "holds a token twice or an id beyond reason");
        ITextNormalizer? normalizer = fields.Object("normalizer") is JsonFields n ? NormalizerJson.Read(n) : null;
        IPreTokenizer? preTokenizer = fields.Object("pre_tokenizer") is JsonFields p ? PreTokenizerJson.Read(p) : null;
        bool isBert = parts is { Scores: null, Prefix: Tokenization.Vocabulary.ContinuationPrefix, LongestWord: DefaultLongestWord } && preTokenizer is BertPreTokenizer;
        return new TokenizerDocument
        {
            Source = source,
            Vocabulary = parts.Vocabulary,
            Scores = parts.Scores,
            Unknown = parts.Unknown,
            Prefix = parts.Prefix,
            LongestWord = parts.LongestWord,
            Normalizer = normalizer,
            PreTokenizer = preTokenizer,
            Basic = isBert && normalizer is BertNormalizer bert ? bert.Options : null,
            Added = added,
            Template = fields.Object("post_processor") is JsonFields t ? TemplateJson.Read(t) : SequenceTemplate.Bare,
            Truncation = fields.Object("truncation") is JsonFields limit ? TruncationJson.Read(limit) : null,
            Json = new Lazy<JsonObject>(fields.ToObject),
        };
    });

    /// <summary>The file of a tokenizer that was made from a vocabulary.</summary>
    public static TokenizerDocument ForWordPiece(WordPieceTokenizer tokenizer)
    {
        var vocabulary = new JsonObject();
        for (int id = 0; id < tokenizer.Vocabulary.Size; id++)
        {
            if (tokenizer.Vocabulary.TokenOf(id).Length > 0)
                vocabulary[tokenizer.Vocabulary.TokenOf(id)] = id;
        }
        var json = new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray(),
            ["normalizer"] = NormalizerJson.Write(tokenizer.Options),
            ["pre_tokenizer"] = new JsonObject { ["type"] = "BertPreTokenizer" },
            ["post_processor"] = TemplateJson.Write(tokenizer.Template, tokenizer.TokenOf),
            ["decoder"] = new JsonObject { ["type"] = "WordPiece", ["prefix"] = Tokenization.Vocabulary.ContinuationPrefix, ["cleanup"] = true },
            ["model"] = new JsonObject
            {
                ["type"] = "WordPiece",
                ["unk_token"] = tokenizer.TokenOf(tokenizer.Special.Unknown),
                ["continuing_subword_prefix"] = Tokenization.Vocabulary.ContinuationPrefix,
                ["max_input_chars_per_word"] = DefaultLongestWord,
                ["vocab"] = vocabulary,
            },
        };
        return new TokenizerDocument
        {
            Source = FileName,
            Vocabulary = tokenizer.Vocabulary.Tokens,
            Unknown = tokenizer.TokenOf(tokenizer.Special.Unknown),
            Added = [],
            Template = tokenizer.Template,
            Json = new Lazy<JsonObject>(json),
        };
    }

    /// <summary>
    /// The file of a tokenizer that cuts its text at spaces only (<c>do_basic_tokenize</c> is false): nothing is cleaned.
    /// </summary>
    public static TokenizerDocument WithoutBasic(Vocabulary vocabulary, string unknown, TokenizerTraits traits)
    {
        var like = new WordPieceTokenizer(vocabulary, new BasicTokenizerOptions(), traits);
        return ForWordPiece(like).With("normalizer", null).With("pre_tokenizer", new JsonObject { ["type"] = "WhitespaceSplit" }) with
        {
            Unknown = unknown,
            PreTokenizer = new ClassPreTokenizer(UnicodeClasses.IsWhiteSpace, SplitBehavior.Removed),
        };
    }

    /// <summary>The model that cuts words.</summary>
    public ISubwordModel CreateModel(int unknown) => Scores is null
        ? new WordPieceModel(Vocabulary, unknown, Prefix, LongestWord)
        : new UnigramModel(Vocabulary, Scores, unknown);

    /// <summary>The same file with other added tokens.</summary>
    public TokenizerDocument WithAdded(IEnumerable<AddedToken> added) =>
        With("added_tokens", new JsonArray([.. added.OrderBy(token => token.Id).Select(token => (JsonNode)AddedTokenJson.Write(token, withId: true))]));

    /// <summary>The same file with another cleaning.</summary>
    public TokenizerDocument WithCleaning(BasicTokenizerOptions options) => With("normalizer", NormalizerJson.Write(options));

    /// <summary>Writes the file into a folder.</summary>
    /// <exception cref="RunException">It cannot be written.</exception>
    public void Save(string directory) => JsonFields.Save(Json.Value, Path.Combine(directory, FileName));

    private TokenizerDocument With(string name, JsonNode? value)
    {
        var json = (JsonObject)Json.Value.DeepClone();
        json[name] = value;
        return this with { Json = new Lazy<JsonObject>(json) };
    }
}
