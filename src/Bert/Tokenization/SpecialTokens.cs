namespace BareBert.Bert.Tokenization;

/// <summary>The ids of the tokens that stand for no text.</summary>
/// <param name="Pad">Fills batches elsewhere; BareBert packs and never needs it, files do. −1 where the vocabulary has none.</param>
/// <param name="Unknown">A word that the vocabulary cannot spell.</param>
/// <param name="Cls">Opens every sequence.</param>
/// <param name="Sep">Closes every segment.</param>
/// <param name="Mask">The blank of masked language modelling. −1 where the vocabulary has none.</param>
public readonly record struct SpecialTokens(int Pad, int Unknown, int Cls, int Sep, int Mask)
{
    /// <summary>True for each of the five.</summary>
    public bool Contains(int id) => id == Pad || id == Unknown || id == Cls || id == Sep || id == Mask;
}

/// <summary>How a vocabulary spells the tokens that stand for no text; the field names of <c>special_tokens_map.json</c>.</summary>
/// <param name="Pad"><c>pad_token</c>.</param>
/// <param name="Unknown"><c>unk_token</c>.</param>
/// <param name="Cls"><c>cls_token</c>.</param>
/// <param name="Sep"><c>sep_token</c>.</param>
/// <param name="Mask"><c>mask_token</c>.</param>
internal sealed record SpecialNames(string Pad, string Unknown, string Cls, string Sep, string Mask)
{
    /// <summary>BERT's, in brackets.</summary>
    public static SpecialNames Bert { get; } =
        new(Vocabulary.PadToken, Vocabulary.UnknownToken, Vocabulary.ClsToken, Vocabulary.SepToken, Vocabulary.MaskToken);

    /// <summary>ALBERT's: sentencepiece's own for two of them.</summary>
    public static SpecialNames Albert { get; } = Bert with { Pad = SentencePieceModel.PadToken, Unknown = SentencePieceModel.UnknownToken };

    /// <summary>The five, in the order in which a trained vocabulary begins with them.</summary>
    public IReadOnlyList<string> All => [Pad, Unknown, Cls, Sep, Mask];
}
