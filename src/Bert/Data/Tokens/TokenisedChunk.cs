namespace BareBert.Bert.Data;

/// <summary>The ids of some passages that follow one another in a corpus; sentences without a token are left out.</summary>
internal sealed class TokenisedChunk
{
    /// <summary>Ids of all sentences.</summary>
    public List<int> Ids { get; } = [];

    /// <summary>Tokens of each sentence.</summary>
    public List<int> SentenceLengths { get; } = [];

    /// <summary>For each passage its split, whether it begins a document, and how many sentences it has.</summary>
    public List<(Split Split, bool BeginsDocument, int Sentences)> Passages { get; } = [];

    /// <summary>Tokenises passages.</summary>
    public static TokenisedChunk Of(IReadOnlyList<Passage> passages, SubwordTokenizer tokenizer)
    {
        var chunk = new TokenisedChunk();
        var pieces = new PieceList();
        foreach (Passage passage in passages)
        {
            int before = chunk.SentenceLengths.Count;
            foreach (string sentence in passage.Sentences)
            {
                pieces.Clear();
                tokenizer.Encode(sentence, pieces);
                if (pieces.Count == 0)
                    continue;
                chunk.Ids.AddRange(pieces.Ids);
                chunk.SentenceLengths.Add(pieces.Count);
            }
            chunk.Passages.Add((passage.Split, passage.BeginsDocument, chunk.SentenceLengths.Count - before));
        }
        return chunk;
    }
}
