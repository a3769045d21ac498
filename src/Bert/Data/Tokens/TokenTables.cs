namespace BareBert.Bert.Data;

/// <summary>The ids and tables of a split while it is being tokenised.</summary>
internal sealed class TokenTables
{
    /// <summary>Token ids.</summary>
    public List<int> Ids { get; } = [];

    /// <summary>The first token of each sentence, then the number of tokens.</summary>
    public List<int> SentenceStarts { get; } = [0];

    /// <summary>The first sentence of each document, then the number of sentences.</summary>
    public List<int> DocumentStarts { get; } = [0];

    /// <summary>Tokenises documents on all cores; sentences without a token and documents without a sentence are left out.</summary>
    public static TokenTables Tokenise(IReadOnlyList<Document> documents, SubwordTokenizer tokenizer)
    {
        const int chunk = 64;
        var all = new TokenTables();
        foreach (var part in documents.Chunk(chunk).AsParallel().AsOrdered().Select(part => TokeniseChunk(part, tokenizer)))
            all.Append(part);
        return all;
    }

    private static TokenTables TokeniseChunk(Document[] documents, SubwordTokenizer tokenizer)
    {
        var tables = new TokenTables();
        var pieces = new PieceList();
        foreach (Document document in documents)
        {
            foreach (string sentence in document.Sentences)
            {
                pieces.Clear();
                tokenizer.Encode(sentence, pieces);
                if (pieces.Count == 0)
                    continue;
                tables.Ids.AddRange(pieces.Ids);
                tables.SentenceStarts.Add(tables.Ids.Count);
            }
            if (tables.SentenceStarts.Count - 1 > tables.DocumentStarts[^1])
                tables.DocumentStarts.Add(tables.SentenceStarts.Count - 1);
        }
        return tables;
    }

    private void Append(TokenTables other)
    {
        int tokens = Ids.Count, sentences = SentenceStarts.Count - 1;
        Ids.AddRange(other.Ids);
        SentenceStarts.AddRange(other.SentenceStarts.Skip(1).Select(start => start + tokens));
        DocumentStarts.AddRange(other.DocumentStarts.Skip(1).Select(start => start + sentences));
    }
}
