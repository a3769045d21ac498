namespace BareBert.Bert.Tokenization;

/// <summary>A tokenizer that does what a <c>tokenizer.json</c> says, step by step.</summary>
/// <remarks><see cref="WordPieceTokenizer"/> is the fast way of those that are BERT's own.</remarks>
internal sealed class PipelineTokenizer : SubwordTokenizer
{
    private readonly TokenizerDocument _document;
    private readonly TextPipeline _pipeline;
    private readonly ISubwordModel _model;
    private readonly bool[] _isContinuation;

    internal PipelineTokenizer(TokenizerDocument document, TokenizerTraits traits) : base(new TokenTable(document.Vocabulary, traits.Added), traits)
    {
        _document = document;
        _model = document.CreateModel(Special.Unknown);
        _pipeline = new TextPipeline(document.Normalizer, document.PreTokenizer, _model, traits.Added);
        _isContinuation = [.. Enumerable.Range(0, VocabularySize).Select(id => !IsSpecial(id) && _model.Continues(TokenOf(id)))];
    }

    /// <inheritdoc/>
    public override bool IsContinuation(int id) => _isContinuation[id];

    /// <inheritdoc/>
    public override void Encode(ReadOnlySpan<char> text, PieceList into) => _pipeline.Encode(text, normalize: true, preTokenize: true, into);

    /// <inheritdoc/>
    public override string Decode(ReadOnlySpan<int> ids, bool skipSpecial = true) =>
        _model.Join(ids.ToArray().Where(id => !(skipSpecial && IsSpecial(id))).Select(TokenOf));

    /// <inheritdoc/>
    public override void Save(string directory)
    {
        _document.WithAdded(AddedTokens).Save(directory);
        if (_document.IsWordPiece)
            new Vocabulary(_document.Vocabulary, _document.Source).Save(Path.Combine(directory, Vocabulary.FileName));
        Traits.Config.With(Traits, "PreTrainedTokenizerFast").Save(directory);
    }

    private protected override SubwordTokenizer Rebuild(TokenizerTraits traits) => new PipelineTokenizer(_document, traits);

    private protected override void EncodeAs(ReadOnlySpan<char> text, bool normalize, bool preTokenize, PieceList into) =>
        _pipeline.Encode(text, normalize, preTokenize, into);
}
