using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BareBert.Bert.Tokenization;

/// <summary><c>tokenizer_config.json</c>: which tokenizer a checkpoint has and how it cleans text, in Hugging Face's field names.</summary>
internal sealed record TokenizerConfig
{
    /// <summary>The file's name.</summary>
    public const string FileName = "tokenizer_config.json";

    private const string HowToMend = "restore the file or remove it to use BERT's defaults";

    // What a vocabulary's own file says anew whenever it is written.
    private static readonly string[] Rewritten =
        ["added_tokens_decoder", "additional_special_tokens", "extra_special_tokens", "auto_map", "name_or_path", "special_tokens_map_file", "tokenizer_file"];

    /// <summary><c>tokenizer_class</c>: BertTokenizer, DistilBertTokenizer, AlbertTokenizer (or …Fast); null when the file does not say.</summary>
    public string? TokenizerClass { get; init; }

    /// <summary><c>do_lower_case</c>; null: true.</summary>
    public bool? LowerCase { get; init; }

    /// <summary><c>strip_accents</c> (WordPiece); null: as <see cref="LowerCase"/>.</summary>
    public bool? StripAccents { get; init; }

    /// <summary><c>tokenize_chinese_chars</c> (WordPiece); null: true.</summary>
    public bool? SplitChinese { get; init; }

    /// <summary><c>keep_accents</c> (ALBERT).</summary>
    public bool KeepAccents { get; init; }

    /// <summary><c>remove_space</c> (ALBERT).</summary>
    public bool RemoveSpace { get; init; } = true;

    /// <summary><c>do_basic_tokenize</c> (WordPiece): clean the text and cut it at punctuation; false: cut it at spaces only.</summary>
    public bool BasicTokenize { get; init; } = true;

    /// <summary><c>never_split</c> (WordPiece): words between spaces that are neither cleaned nor cut.</summary>
    public IReadOnlyList<string> NeverSplit { get; init; } = [];

    /// <summary><c>truncation_side</c>: the end of a text that gives way; null when the file does not say.</summary>
    public TruncationSide? TruncationSide { get; init; }

    /// <summary>The special tokens that it names, under the names of the fields.</summary>
    internal IReadOnlyDictionary<string, AddedToken> Named { get; init; } = new Dictionary<string, AddedToken>();

    /// <summary><c>additional_special_tokens</c>, without ids.</summary>
    internal IReadOnlyList<AddedToken> Additional { get; init; } = [];

    /// <summary><c>added_tokens_decoder</c>.</summary>
    internal IReadOnlyList<AddedToken> Added { get; init; } = [];

    /// <summary>The file, for what is carried on when it is written again.</summary>
    internal JsonElement Fields { get; init; }

    /// <summary>True for ALBERT's class, with or without "Fast".</summary>
    public bool IsAlbert => TokenizerClass?.StartsWith("Albert", StringComparison.Ordinal) ?? false;

    /// <summary>The cleaning that WordPiece does.</summary>
    public BasicTokenizerOptions Basic => new(LowerCase ?? true, StripAccents, SplitChinese ?? true);

    /// <summary>Reads the file of a checkpoint folder; the defaults when there is none.</summary>
    /// <exception cref="InputException">Not JSON, or a field of the wrong kind.</exception>
    public static TokenizerConfig Load(string directory)
    {
        string path = Path.Combine(directory, FileName);
        return File.Exists(path) ? Parse(TokenizerFiles.ReadAllBytes(path, "tokenizer configuration"), path) : new TokenizerConfig();
    }

    /// <summary>The configuration in the bytes of a <c>tokenizer_config.json</c>; fields that it does not know are carried on.</summary>
    /// <param name="utf8">The file.</param>
    /// <param name="source">Named in errors.</param>
    /// <exception cref="InputException">As <see cref="Load"/>.</exception>
    public static TokenizerConfig Parse(ReadOnlySpan<byte> utf8, string source) => JsonFields.Parse(utf8, source, HowToMend, fields => new TokenizerConfig
    {
        TokenizerClass = fields.Text("tokenizer_class"),
        LowerCase = fields.Flag("do_lower_case"),
        StripAccents = fields.Flag("strip_accents"),
        SplitChinese = fields.Flag("tokenize_chinese_chars"),
        KeepAccents = fields.Flag("keep_accents") ?? false,
        RemoveSpace = fields.Flag("remove_space") ?? true,
        BasicTokenize = fields.Flag("do_basic_tokenize") ?? true,
        NeverSplit = [.. fields.List("never_split").Select(word => word.ValueKind == JsonValueKind.String ? word.GetString()! : throw fields.Wrong("never_split", "holds something else than texts"))],
        TruncationSide = fields.Text("truncation_side") switch
        {
            null => null,
            "right" => Tokenization.TruncationSide.Right,
            "left" => Tokenization.TruncationSide.Left,
            string other => throw fields.Wrong("truncation_side", $"{Printable.Quote(other)} is neither right nor left"),
        },
        Named = SpecialTokensMap.ReadNamed(fields),
        Additional = SpecialTokensMap.ReadAdditional(fields),
        Added = ReadAdded(fields),
        Fields = fields.Element,
    });

    /// <summary>What a WordPiece tokenizer writes beside its vocabulary.</summary>
    internal static TokenizerConfig ForWordPiece(BasicTokenizerOptions options, TokenizerTraits traits) => (traits.Config with
    {
        LowerCase = options.LowerCase,
        StripAccents = options.StripAccents,
        SplitChinese = options.SplitChinese,
        NeverSplit = traits.NeverSplit,
    }).With(traits, "BertTokenizer");

    /// <summary>What an ALBERT tokenizer writes beside its model.</summary>
    internal static TokenizerConfig ForUnigram(UnigramOptions options, TokenizerTraits traits) => (traits.Config with
    {
        LowerCase = options.LowerCase,
        KeepAccents = options.KeepAccents,
        RemoveSpace = options.RemoveSpace,
    }).With(traits, "AlbertTokenizer");

    /// <summary>The same with the special and added tokens of a tokenizer.</summary>
    /// <param name="traits">Of the tokenizer.</param>
    /// <param name="tokenizerClass">The class where the file named none.</param>
    internal TokenizerConfig With(TokenizerTraits traits, string tokenizerClass) => this with
    {
        TokenizerClass = TokenizerClass ?? tokenizerClass,
        Named = SpecialTokensMap.FieldNames.Zip(traits.Names.All).ToDictionary(
            named => named.First, named => traits.Added.FirstOrDefault(token => token.Content == named.Second) ?? new AddedToken(named.Second, -1, Special: true)),
        Additional = [.. traits.Added.Where(token => token.Special && !traits.Names.All.Contains(token.Content))],
        Added = traits.Added,
    };

    /// <summary>Writes the file into a checkpoint folder.</summary>
    /// <exception cref="RunException">The file cannot be written.</exception>
    public void Save(string directory)
    {
        JsonObject json = Fields.ValueKind == JsonValueKind.Object ? new JsonFields(Fields, FileName).ToObject() : [];
        foreach (string name in Rewritten)
            json.Remove(name);
        json["tokenizer_class"] = TokenizerClass;
        Set(json, "do_lower_case", LowerCase);
        if (IsAlbert)
        {
            json["keep_accents"] = KeepAccents;
            json["remove_space"] = RemoveSpace;
            json["bos_token"] ??= Named.GetValueOrDefault("cls_token")?.Content;
            json["eos_token"] ??= Named.GetValueOrDefault("sep_token")?.Content;
        }
        else
        {
            json["strip_accents"] = StripAccents;
            Set(json, "tokenize_chinese_chars", SplitChinese);
            json["do_basic_tokenize"] = BasicTokenize;
            json["never_split"] = NeverSplit.Count == 0 ? null : new JsonArray([.. NeverSplit.Select(word => (JsonNode)word)]);
        }
        if (TruncationSide is { } side)
            json["truncation_side"] = side.ToString().ToLowerInvariant();
        foreach (var (name, token) in Named)
            json[name] = token.Content;
        if (Additional.Count > 0)
            json["additional_special_tokens"] = new JsonArray([.. Additional.Select(token => (JsonNode)token.Content)]);
        var added = new JsonObject();
        foreach (AddedToken token in Added.OrderBy(token => token.Id))
            added[token.Id.ToString(CultureInfo.InvariantCulture)] = AddedTokenJson.Write(token, withId: false);
        json["added_tokens_decoder"] = added;
        JsonFields.Save(json, Path.Combine(directory, FileName));
    }

    private static void Set(JsonObject json, string name, bool? value)
    {
        if (value is not null)
            json[name] = value;
    }

    private static AddedToken[] ReadAdded(JsonFields fields)
    {
        if (fields.Object("added_tokens_decoder") is not JsonFields decoder)
            return [];
        return [.. decoder.Element.EnumerateObject().Select(entry =>
            int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int id) && entry.Value.ValueKind == JsonValueKind.Object
                ? AddedTokenJson.Read(new JsonFields(entry.Value, decoder.Source), id) with { Id = id }
                : throw fields.Wrong("added_tokens_decoder", "holds something else than tokens by id"))];
    }
}
