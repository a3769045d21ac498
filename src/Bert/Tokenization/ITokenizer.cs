namespace BareBert.Bert.Tokenization;

/// <summary>The ids of the tokens that stand for no text.</summary>
/// <param name="Pad">Fills batches elsewhere; BareBert packs and never needs it, files do.</param>
/// <param name="Unknown">A word that the vocabulary cannot spell.</param>
/// <param name="Cls">Opens every sequence.</param>
/// <param name="Sep">Closes every segment.</param>
/// <param name="Mask">The blank of masked language modelling.</param>
public readonly record struct SpecialTokens(int Pad, int Unknown, int Cls, int Sep, int Mask)
{
    /// <summary>True for each of the five.</summary>
    public bool Contains(int id) => id == Pad || id == Unknown || id == Cls || id == Sep || id == Mask;
}

/// <summary>Text to vocabulary ids and back: WordPiece (BERT, DistilBERT) or a sentencepiece unigram model (ALBERT).</summary>
/// <remarks>Implementations are immutable once built: any number of threads may share one.</remarks>
public interface ITokenizer
{
    /// <summary>Number of ids, V.</summary>
    int VocabularySize { get; }

    /// <summary>The ids that stand for no text.</summary>
    SpecialTokens Special { get; }

    /// <summary>Appends the pieces of <paramref name="text"/>; adds no [CLS] or [SEP] of its own.</summary>
    /// <param name="text">Any UTF-16, lone surrogates and NULs included: nothing throws.</param>
    /// <param name="into">Receives ids and offsets into <paramref name="text"/>.</param>
    void Encode(ReadOnlySpan<char> text, PieceList into);

    /// <summary>The token as the vocabulary spells it ("##ing", "▁the").</summary>
    /// <exception cref="ArgumentOutOfRangeException">id is not in [0, V).</exception>
    string TokenOf(int id);

    /// <summary>The id of a token as the vocabulary spells it, or −1.</summary>
    int IdOf(string token);

    /// <summary>True when the piece continues the word of the piece before it: whole-word masking keeps them together.</summary>
    bool IsContinuation(int id);

    /// <summary>Readable text from ids: pieces joined to words, words by spaces.</summary>
    /// <param name="ids">Ids in [0, V).</param>
    /// <param name="skipSpecial">Leave out [CLS], [SEP], [PAD], [MASK] and the unknown token.</param>
    string Decode(ReadOnlySpan<int> ids, bool skipSpecial = true);

    /// <summary>Writes the files that <see cref="TokenizerFactory.Load"/> and Hugging Face's loaders read back.</summary>
    /// <param name="directory">An existing checkpoint folder.</param>
    /// <exception cref="RunException">The folder cannot be written.</exception>
    void Save(string directory);
}

/// <summary>Conveniences over <see cref="ITokenizer"/> for code that is not in a hurry.</summary>
public static class TokenizerExtensions
{
    /// <summary>The pieces of one text in a list of their own.</summary>
    public static PieceList Tokenize(this ITokenizer tokenizer, ReadOnlySpan<char> text)
    {
        var pieces = new PieceList();
        tokenizer.Encode(text, pieces);
        return pieces;
    }

    /// <summary>The pieces of one text as the vocabulary spells them.</summary>
    public static string[] TokenizeToStrings(this ITokenizer tokenizer, ReadOnlySpan<char> text) =>
        [.. tokenizer.Tokenize(text).Ids.ToArray().Select(tokenizer.TokenOf)];
}
