namespace BareBert.Bert.Inference;

/// <summary>Pairs need a model that knows two kinds of tokens.</summary>
internal static class Segments
{
    /// <summary>Throws where sequences have tokens of type 1 and the model has no such type.</summary>
    /// <param name="config">The model.</param>
    /// <param name="sequences">Its inputs.</param>
    /// <exception cref="InputException">They have.</exception>
    public static void Require(BertConfig config, IEnumerable<TokenSequence> sequences)
    {
        if (config.TypeVocabSize == 1 && sequences.Any(sequence => sequence.FirstSegmentLength < sequence.Length))
            throw One("pairs of texts");
    }

    /// <summary>Throws where a model has one type of tokens.</summary>
    /// <param name="config">The model.</param>
    /// <param name="what">What needs two.</param>
    /// <exception cref="InputException">It has.</exception>
    public static void RequireTwo(BertConfig config, string what)
    {
        if (config.TypeVocabSize == 1)
            throw One(what);
    }

    private static InputException One(string what) =>
        new($"the model knows one segment, and {what} need two: type_vocab_size is 1 in its config.json; use it for single texts, or another model");
}
