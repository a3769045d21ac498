namespace BareBert.Bert.Tokenization;

/// <summary>Finds out which tokenizer a checkpoint folder holds.</summary>
public static class TokenizerFactory
{
    // Classes of transformers whose files are those of BertTokenizer, without "Fast".
    private static readonly HashSet<string> BertLike =
    [
        "BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer", "MobileBertTokenizer", "ConvBertTokenizer", "SqueezeBertTokenizer", "LxmertTokenizer",
        "LayoutLMTokenizer", "RetriBertTokenizer", "RealmTokenizer", "DPRReaderTokenizer", "DPRQuestionEncoderTokenizer", "DPRContextEncoderTokenizer",
    ];

    // Classes that are whatever their tokenizer.json says.
    private static readonly HashSet<string> ByDocument = ["PreTrainedTokenizer", "TokenizersBackend", "XLMRobertaTokenizer", "MPNetTokenizer", "BertGenerationTokenizer"];

    /// <summary>Whether a folder holds a tokenizer.</summary>
    public static bool IsIn(string directory) =>
        new[] { TokenizerDocument.FileName, Vocabulary.FileName, SentencePieceModel.FileName }.Any(name => File.Exists(Path.Combine(directory, name)));

    /// <summary>The tokenizer of a folder, as <see cref="Load"/> has it, or of one file: by its name a <c>tokenizer.json</c>, sentencepiece's where it ends in <c>.model</c>, else WordPiece's <c>vocab.txt</c>.</summary>
    /// <exception cref="InputException">The file is missing or faulty.</exception>
    public static SubwordTokenizer OpenVocabulary(string file) => Directory.Exists(file) ? Load(file) : Path.GetExtension(file) switch
    {
        ".model" => new UnigramTokenizer(SentencePieceModel.Load(file)),
        ".json" => FromDocument(TokenizerDocument.Load(file), new TokenizerFolder(new TokenizerConfig())),
        _ => FromVocabulary(Vocabulary.Load(file), options: null, new TokenizerFolder(new TokenizerConfig())),
    };

    /// <summary>
    /// Loads the tokenizer of a checkpoint folder: what <c>tokenizer.json</c> says where there is one; else what <c>tokenizer_config.json</c>
    /// says; else sentencepiece where there is a <c>spiece.model</c>, else WordPiece from <c>vocab.txt</c>.
    /// </summary>
    /// <exception cref="InputException">The folder is missing, holds none of these, a faulty one, or a tokenizer of another kind.</exception>
    public static SubwordTokenizer Load(string checkpointDirectory)
    {
        if (!Directory.Exists(checkpointDirectory))
            throw new InputException($"no such checkpoint folder: {checkpointDirectory}; check the path");
        TokenizerFolder folder = TokenizerFolder.Open(checkpointDirectory);
        TokenizerConfig config = folder.Config;
        string document = Path.Combine(checkpointDirectory, TokenizerDocument.FileName);
        string vocabulary = Path.Combine(checkpointDirectory, Vocabulary.FileName);
        string model = Path.Combine(checkpointDirectory, SentencePieceModel.FileName);
        bool hasDocument = File.Exists(document);
        RequireKnownClass(config.TokenizerClass, hasDocument, checkpointDirectory);
        // Words that are not cut are the Python class's alone, which reads the vocabulary.
        bool isPythons = !config.BasicTokenize || config.NeverSplit.Count > 0;
        if (hasDocument && !(isPythons && File.Exists(vocabulary)))
            return FromDocument(TokenizerDocument.Load(document), folder);
        if (config.TokenizerClass is null ? File.Exists(model) : config.IsAlbert)
            return FromSentencePiece(SentencePieceModel.Load(model), folder);
        if (!File.Exists(vocabulary))
            throw new InputException($"no tokenizer in the checkpoint: {checkpointDirectory}; it needs {TokenizerDocument.FileName}, {Vocabulary.FileName} (BERT) or {SentencePieceModel.FileName} (ALBERT)");
        return FromVocabulary(Vocabulary.Load(vocabulary), config.Basic, folder);
    }

    private static void RequireKnownClass(string? name, bool hasDocument, string directory)
    {
        if (name is null)
            return;
        bool isFast = name.EndsWith("Fast", StringComparison.Ordinal);
        string bare = isFast ? name[..^"Fast".Length] : name;
        if (BertLike.Contains(bare) || bare == "AlbertTokenizer" || (hasDocument && (isFast || ByDocument.Contains(bare))))
            return;
        throw new InputException(isFast || ByDocument.Contains(bare)
            ? $"no {TokenizerDocument.FileName}: {directory}: its tokenizer_class {Printable.Quote(name)} is read from that file; add it"
            : $"unsupported tokenizer: {directory}: tokenizer_class {Printable.Quote(name)}; BERT's, DistilBERT's, ALBERT's and those of a {TokenizerDocument.FileName} are supported");
    }

    private static SubwordTokenizer FromVocabulary(Vocabulary vocabulary, BasicTokenizerOptions? options, TokenizerFolder folder)
    {
        SpecialNames names = folder.Names(SpecialNames.Bert);
        TokenizerTraits traits = folder.Traits(vocabulary.Tokens, names, [], vocabulary.Source) with { Notices = vocabulary.Notices };
        if (folder.Config.BasicTokenize)
            return new WordPieceTokenizer(vocabulary, options, traits with { NeverSplit = folder.Config.NeverSplit });
        return new PipelineTokenizer(TokenizerDocument.WithoutBasic(vocabulary, names.Unknown, traits), traits);
    }

    private static UnigramTokenizer FromSentencePiece(SentencePieceModel model, TokenizerFolder folder) => new(
        model, UnigramOptions.From(folder.Config), folder.Traits(model.Texts, folder.Names(SpecialNames.Albert), [], model.Source));

    private static SubwordTokenizer FromDocument(TokenizerDocument document, TokenizerFolder folder)
    {
        SpecialNames names = folder.Names(NamesOf(document));
        TokenizerTraits traits = folder.Traits(document.Vocabulary, names, document.Added, document.Source) with
        {
            Template = document.Template,
            Truncation = document.Truncation,
            Document = document,
        };
        if (document.Basic is not BasicTokenizerOptions said)
            return new PipelineTokenizer(document, traits);
        BasicTokenizerOptions options = Overridden(said, folder.Config);
        if (options != said)
        {
            traits = traits with
            {
                Document = document.WithCleaning(options),
                Notices = [$"{TokenizerConfig.FileName} and {TokenizerDocument.FileName} differ in how text is cleaned: {document.Source}; the former is followed, as transformers does"],
            };
        }
        return new WordPieceTokenizer(new Vocabulary(document.Vocabulary, document.Source), options, traits);
    }

    // Transformers' BERT classes set the cleaning that their configuration names; the general class leaves it as the document says.
    private static BasicTokenizerOptions Overridden(BasicTokenizerOptions said, TokenizerConfig config)
    {
        if (config.TokenizerClass is string name && !BertLike.Contains(name.EndsWith("Fast", StringComparison.Ordinal) ? name[..^4] : name))
            return said;
        BasicTokenizerOptions wanted = said with
        {
            LowerCase = config.LowerCase ?? said.LowerCase,
            StripAccents = config.StripAccents ?? said.StripAccents,
            SplitChinese = config.SplitChinese ?? said.SplitChinese,
        };
        return wanted with { StripAccents = wanted.StripsAccents == (wanted with { StripAccents = said.StripAccents }).StripsAccents ? said.StripAccents : wanted.StripAccents };
    }

    // What a document does not name is as in BERT; the ends of its template are its [CLS] and [SEP].
    private static SpecialNames NamesOf(TokenizerDocument document)
    {
        SpecialNames names = (document.IsWordPiece ? SpecialNames.Bert : SpecialNames.Albert) with { Unknown = document.Unknown };
        var table = new TokenTable(document.Vocabulary, document.Added);
        return document.Template.Single is [{ Text: < 0 } first, .., { Text: < 0 } last] && first.Id < table.Count && last.Id < table.Count
            ? names with { Cls = table.TokenOf(first.Id), Sep = table.TokenOf(last.Id) }
            : names;
    }
}
