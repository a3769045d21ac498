using System.Buffers;
using Microsoft.ML.Tokenizers;

namespace BareBert.Bert.Tokenization;

/// <summary>Text to vocabulary ids and back: WordPiece (BERT, DistilBERT) or a unigram model (ALBERT).</summary>
/// <remarks>
/// <para>Immutable once built: any number of threads may share one.</para>
/// <para>
/// As a <see cref="Tokenizer"/> it serves ML.NET and Semantic Kernel. Nothing is put around the text there either ([CLS] and [SEP] are
/// <see cref="SequenceEncoder"/>'s), offsets are UTF-16 positions in the text that was given, and no normalised text is returned.
/// </para>
/// </remarks>
public abstract class SubwordTokenizer : Tokenizer
{
    private readonly TokenTable _table;

    private protected SubwordTokenizer(TokenTable table, TokenizerTraits traits)
    {
        (_table, Traits) = (table, traits);
        Special = traits.Special;
        Template = traits.Template ?? SequenceTemplate.Bert(Special.Cls, Special.Sep);
    }

    /// <summary>Number of ids, V.</summary>
    public int VocabularySize => _table.Count;

    /// <summary>The ids that stand for no text.</summary>
    public SpecialTokens Special { get; }

    /// <summary>The tokens that are single ids wherever they stand in a text.</summary>
    public IReadOnlyList<AddedToken> AddedTokens => Traits.Added;

    /// <summary>What is put around texts.</summary>
    public SequenceTemplate Template { get; }

    /// <summary>How long sequences may become where the caller does not say; null: <see cref="SequenceOptions"/>' own.</summary>
    public SequenceOptions? Truncation => Traits.Truncation;

    /// <summary>The end of a text that gives way where it is too long: <c>truncation_side</c> of its configuration, else the direction of its <see cref="Truncation"/>.</summary>
    public TruncationSide TruncationSide => Traits.Config.TruncationSide ?? Truncation?.Side ?? TruncationSide.Right;

    /// <summary>What was odd about its files and does not keep it from working: a line each.</summary>
    public IReadOnlyList<string> Notices => Traits.Notices;

    internal TokenizerTraits Traits { get; }

    /// <summary>Appends the pieces of <paramref name="text"/>; adds no [CLS] or [SEP] of its own.</summary>
    /// <param name="text">Any UTF-16, lone surrogates and NULs included: nothing throws.</param>
    /// <param name="into">Receives ids and offsets into <paramref name="text"/>.</param>
    public abstract void Encode(ReadOnlySpan<char> text, PieceList into);

    /// <summary>The token as the vocabulary spells it ("##ing", "▁the"); empty where the id stands for none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">id is not in [0, V).</exception>
    public string TokenOf(int id) => _table.TokenOf(id);

    /// <summary>The id of a token as the vocabulary spells it, or −1.</summary>
    public int IdOf(string token) => _table.IdOf(token);

    /// <summary>True when a token stands for no text: the five, and added tokens that are marked so.</summary>
    public bool IsSpecial(int id) => Special.Contains(id) || Traits.SpecialIds.Contains(id);

    /// <summary>True when the piece continues the word of the piece before it: whole-word masking keeps them together.</summary>
    public abstract bool IsContinuation(int id);

    /// <summary>Readable text from ids: pieces joined to words, words by spaces.</summary>
    /// <param name="ids">Ids in [0, V).</param>
    /// <param name="skipSpecial">Leave out [CLS], [SEP], [PAD], [MASK], the unknown token and other special ones.</param>
    public abstract string Decode(ReadOnlySpan<int> ids, bool skipSpecial = true);

    /// <summary>Writes the files that <see cref="TokenizerFactory.Load"/> and Hugging Face's loaders read back.</summary>
    /// <param name="directory">An existing checkpoint folder.</param>
    /// <exception cref="RunException">The folder cannot be written.</exception>
    public abstract void Save(string directory);

    /// <summary>A tokenizer that also knows these tokens: each a single id wherever it stands, behind the present ids unless it has one.</summary>
    /// <param name="contents">As they stand in texts; one that is an added token already changes nothing.</param>
    /// <exception cref="InputException">One is empty.</exception>
    public SubwordTokenizer WithTokens(IEnumerable<string> contents)
    {
        var added = AddedTokens.ToList();
        int next = VocabularySize;
        foreach (string content in contents.Except(added.Select(token => token.Content)).ToArray())
        {
            if (content.Length == 0)
                throw new InputException("an empty token cannot be added: give its text");
            added.Add(new AddedToken(content, IdOf(content) is >= 0 and int id ? id : next++));
        }
        return Rebuild(Traits with { Added = added });
    }

    /// <summary>The same tokenizer, of whose texts another end gives way.</summary>
    public SubwordTokenizer WithTruncationSide(TruncationSide side) => Rebuild(Traits with { Config = Traits.Config with { TruncationSide = side } });

    /// <summary>The pieces of one text in a list of their own.</summary>
    public PieceList Tokenize(ReadOnlySpan<char> text)
    {
        var pieces = new PieceList();
        Encode(text, pieces);
        return pieces;
    }

    /// <summary>The pieces of one text as the vocabulary spells them.</summary>
    public string[] TokenizeToStrings(ReadOnlySpan<char> text) => [.. Tokenize(text).Ids.ToArray().Select(TokenOf)];

    /// <summary>The same tokenizer with other traits.</summary>
    private protected abstract SubwordTokenizer Rebuild(TokenizerTraits traits);

    /// <summary>As <see cref="Encode"/>, of text that is clean already, or is one word as a whole.</summary>
    private protected abstract void EncodeAs(ReadOnlySpan<char> text, bool normalize, bool preTokenize, PieceList into);

    /// <inheritdoc/>
    protected override EncodeResults<EncodedToken> EncodeToTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        PieceList pieces = Pieces(text, textSpan, settings, out int consumed);
        var tokens = new EncodedToken[pieces.Count];
        for (int i = 0; i < tokens.Length; i++)
            tokens[i] = new EncodedToken(pieces.Ids[i], TokenOf(pieces.Ids[i]), pieces.Starts[i]..pieces.Ends[i]);
        return new EncodeResults<EncodedToken> { Tokens = tokens, CharsConsumed = consumed };
    }

    /// <inheritdoc/>
    protected override EncodeResults<int> EncodeToIds(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        PieceList pieces = Pieces(text, textSpan, settings, out int consumed);
        return new EncodeResults<int> { Tokens = pieces.Ids.ToArray(), CharsConsumed = consumed };
    }

    /// <inheritdoc/>
    protected override int CountTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings) =>
        Pieces(text, textSpan, settings, out _).Count;

    /// <inheritdoc/>
    /// <remarks>From the front the text that the first tokens cover, up to the next one; from the end what the last ones cover.</remarks>
    protected override int GetIndexByTokenCount(
        string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings, bool fromEnd, out string? normalizedText, out int tokenCount)
    {
        int most = settings.MaxTokenCount;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(most);
        ReadOnlySpan<char> given = text ?? textSpan;
        var pieces = new PieceList();
        EncodeAs(given, settings.ConsiderNormalization, settings.ConsiderPreTokenization, pieces);
        normalizedText = null;
        int count = tokenCount = WholeCount(pieces, most, fromEnd);
        if (count == pieces.Count)
            return fromEnd ? 0 : given.Length;
        return fromEnd ? (count == 0 ? given.Length : pieces.Starts[^count]) : count == 0 ? 0 : pieces.Ends[count - 1];
    }

    /// <inheritdoc/>
    public override string Decode(IEnumerable<int> ids) => Decode([.. ids], skipSpecial: false);

    /// <inheritdoc/>
    public override OperationStatus Decode(IEnumerable<int> ids, Span<char> destination, out int idsConsumed, out int charsWritten)
    {
        int[] all = [.. ids];
        (idsConsumed, charsWritten) = (0, 0);
        int valid = Array.FindIndex(all, id => (uint)id >= (uint)VocabularySize);
        // A longer prefix decodes to a text no shorter: the longest one that fits is found by halving.
        int low = 0, high = valid < 0 ? all.Length : valid;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (Decode(all.AsSpan(0, middle), skipSpecial: false).Length <= destination.Length)
                low = middle;
            else
                high = middle - 1;
        }
        string text = Decode(all.AsSpan(0, low), skipSpecial: false);
        text.CopyTo(destination);
        (idsConsumed, charsWritten) = (low, text.Length);
        return low == all.Length ? OperationStatus.Done : low == valid ? OperationStatus.InvalidData : OperationStatus.DestinationTooSmall;
    }

    private PieceList Pieces(string? text, ReadOnlySpan<char> span, EncodeSettings settings, out int consumed)
    {
        ReadOnlySpan<char> given = text ?? span;
        var pieces = new PieceList();
        EncodeAs(given, settings.ConsiderNormalization, settings.ConsiderPreTokenization, pieces);
        int count = WholeCount(pieces, settings.MaxTokenCount, fromEnd: false);
        consumed = count == pieces.Count ? given.Length : count == 0 ? 0 : pieces.Ends[count - 1];
        pieces.Truncate(count);
        return pieces;
    }

    // At most so many tokens, and no cut between two that one character of the text became.
    private static int WholeCount(PieceList pieces, int most, bool fromEnd)
    {
        if (most >= pieces.Count)
            return pieces.Count;
        int count = most;
        while (count > 0 && Parts(fromEnd ? pieces.Count - count : count))
            count--;
        return count;

        bool Parts(int cut) => cut > 0 && cut < pieces.Count && pieces.Starts[cut] < pieces.Ends[cut - 1];
    }
}
