using System.Text;

namespace BareBert.TokenizersPeer;

/// <summary>Microsoft.ML.Tokenizers' BertTokenizer.</summary>
public sealed class MicrosoftTokenizer(Vocabulary vocabulary) : PeerTokenizer("Microsoft.ML.Tokenizers 2.0.1")
{
    private readonly Microsoft.ML.Tokenizers.BertTokenizer _tokenizer =
        Microsoft.ML.Tokenizers.BertTokenizer.Create(new MemoryStream(Encoding.UTF8.GetBytes(File(vocabulary))));

    private protected override int[] Encode(string text, bool withIds)
    {
        IReadOnlyList<int> ids = _tokenizer.EncodeToIds(text, addSpecialTokens: false);
        return withIds ? [.. ids] : [];
    }
}
