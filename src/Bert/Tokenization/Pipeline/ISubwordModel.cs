namespace BareBert.Bert.Tokenization;

/// <summary>Cuts a word of clean text into pieces of a vocabulary.</summary>
internal interface ISubwordModel
{
    /// <summary>Appends the pieces of one word.</summary>
    /// <param name="text">Clean text.</param>
    /// <param name="from">The word's first code point.</param>
    /// <param name="to">One past its last one; more than <paramref name="from"/>.</param>
    /// <param name="into">Receives ids, and offsets into the original text.</param>
    void Encode(MappedText text, int from, int to, PieceList into);

    /// <summary>Whether a piece continues the word of the piece before it.</summary>
    bool Continues(string piece);

    /// <summary>Readable text from pieces.</summary>
    string Join(IEnumerable<string> pieces);
}

/// <summary>Rewrites text before it is cut; each instance does one thing.</summary>
internal interface ITextNormalizer
{
    /// <param name="text">Rewritten.</param>
    /// <param name="scratch">Overwritten.</param>
    void Apply(MappedText text, MappedText scratch);
}

/// <summary>Cuts clean text into words; each instance cuts the words that the ones before it left.</summary>
internal interface IPreTokenizer
{
    void Apply(WordList words);
}
