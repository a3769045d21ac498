namespace BareBert.Bert.Data;

/// <summary>What masking has to know of a vocabulary.</summary>
public sealed class MaskingVocabulary
{
    private readonly bool[] _neverChosen;
    private readonly bool[] _continues;
    private readonly int[] _randomWords;

    /// <param name="tokenizer">Whose vocabulary.</param>
    public MaskingVocabulary(SubwordTokenizer tokenizer)
    {
        Special = tokenizer.Special;
        if (Special.Mask < 0)
            throw new InputException($"the vocabulary has no mask token, so no word can be hidden: add {Vocabulary.MaskToken} to it");
        int size = tokenizer.VocabularySize;
        _neverChosen = new bool[size];
        _continues = new bool[size];
        for (int id = 0; id < size; id++)
        {
            _neverChosen[id] = tokenizer.IsSpecial(id) || tokenizer.TokenOf(id).Length == 0;
            _continues[id] = tokenizer.IsContinuation(id);
        }
        _randomWords = [.. Enumerable.Range(0, size).Where(id => !_neverChosen[id] && !IsReserved(tokenizer.TokenOf(id)))];
        if (_randomWords.Length == 0)
            throw new InputException("the vocabulary has no words: only special tokens; give one that was trained on text");
    }

    /// <summary>The special tokens.</summary>
    public SpecialTokens Special { get; }

    /// <summary>V.</summary>
    public int Size => _neverChosen.Length;

    /// <summary>The ids that replace a chosen token "by a random word": all but special and reserved ([unused0] …) ones.</summary>
    public ReadOnlySpan<int> RandomWords => _randomWords;

    /// <summary>Whether a token may be chosen for prediction: no special token may, an unknown word included.</summary>
    public bool IsMaskable(int id) => !_neverChosen[id];

    /// <summary>Whether a token continues the word of the one before it.</summary>
    public bool IsContinuation(int id) => _continues[id];

    private static bool IsReserved(string token) => token.StartsWith("[unused", StringComparison.Ordinal);
}
