namespace BareBert.TokenizersPeer;

/// <summary>BERT's uncased tokenizer in another library. It may hold native memory.</summary>
/// <param name="name">The library.</param>
public abstract class PeerTokenizer(string name) : IDisposable
{
    private protected const int LongestText = 4096;

    /// <summary>The library, with its version.</summary>
    public string Name => name;

    /// <summary>All that are here, with a vocabulary.</summary>
    public static PeerTokenizer[] All(Vocabulary vocabulary) =>
        [new MicrosoftTokenizer(vocabulary), new FastTokenizer(vocabulary), .. HuggingFaceTokenizer.IsHere ? [new HuggingFaceTokenizer(vocabulary)] : (PeerTokenizer[])[]];

    /// <summary>A text's ids, without any put around it; [-1], another answer, where the library throws.</summary>
    public int[] Ids(string text) => Guarded(text, withIds: true);

    /// <summary>Tokenises a text as the library likes it best: what is timed.</summary>
    public void Encode(string text) => Guarded(text, withIds: false);

    /// <summary>How many of a hundred texts get the ids that ours get.</summary>
    public double Agreement(SubwordTokenizer ours, IReadOnlyCollection<string> texts)
    {
        var pieces = new PieceList();
        int alike = 0;
        foreach (string text in texts)
        {
            pieces.Clear();
            ours.Encode(text, pieces);
            alike += pieces.Ids.SequenceEqual(Ids(text)) ? 1 : 0;
        }
        return 100.0 * alike / texts.Count;
    }

    public virtual void Dispose() => GC.SuppressFinalize(this);

    /// <summary>A text's ids; nothing of use where they are not asked for.</summary>
    private protected abstract int[] Encode(string text, bool withIds);

    /// <summary>The vocabulary as a vocab.txt.</summary>
    private protected static string File(Vocabulary vocabulary) => string.Concat(vocabulary.Tokens.Select(token => token + "\n"));

    private int[] Guarded(string text, bool withIds)
    {
        try
        {
            return Encode(text, withIds);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or IndexOutOfRangeException)
        {
            return [-1];
        }
    }
}
