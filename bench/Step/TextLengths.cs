namespace BareBert.Bench;

/// <summary>Tokens of real texts, drawn at random from a classification dataset: what batches look like in practice.</summary>
/// <param name="Name">What the texts are called.</param>
/// <param name="Lengths">[batches * <see cref="Batch"/>] tokens of each.</param>
public sealed record TextLengths(string Name, int[] Lengths)
{
    /// <summary>Texts of a batch.</summary>
    public const int Batch = 32;

    private const int Batches = 6, Longest = 250;

    /// <summary>The batches, in order.</summary>
    public IEnumerable<int[]> InBatches => Lengths.Chunk(Batch);

    /// <summary>Draws from a folder of SST trees, an IMDB archive or a table.</summary>
    /// <exception cref="InputException">There is no such data, or not enough of it.</exception>
    public static TextLengths Read(string data, WordPieceTokenizer tokenizer)
    {
        var random = new PhiloxStream(1, 0);
        ClassificationExample[] examples = [.. ClassificationData.Read(data).Train.Examples];
        if (examples.Length < Batch * Batches)
            throw new InputException($"too few texts to draw from: {data} has {examples.Length}; it needs {Batch * Batches}");
        random.Shuffle(examples.AsSpan());
        var encoder = new SequenceEncoder(tokenizer, new SequenceOptions(Longest));
        return new TextLengths(
            Path.GetFileName(Path.TrimEndingDirectorySeparator(data)),
            [.. examples.Take(Batch * Batches).Select(e => encoder.Encode(e.Text).Length)]);
    }
}
