namespace BareBert.TokenizersPeer;

/// <summary>FastBertTokenizer.</summary>
public sealed class FastTokenizer : PeerTokenizer
{
    private readonly FastBertTokenizer.BertTokenizer _tokenizer = new();
    private readonly long[] _ids = new long[LongestText], _mask = new long[LongestText];

    public FastTokenizer(Vocabulary vocabulary) : base("FastBertTokenizer 1.2.6") =>
        _tokenizer.LoadVocabulary(new StringReader(File(vocabulary)), convertInputToLowercase: true);

    // It puts [CLS] and [SEP] around a text.
    private protected override int[] Encode(string text, bool withIds)
    {
        int count = _tokenizer.Encode(text, _ids, _mask);
        return withIds ? Array.ConvertAll(_ids[1..(count - 1)], id => (int)id) : [];
    }
}
