using System.Runtime.InteropServices;

namespace BareBert.TokenizersPeer;

/// <summary>Hugging Face's Rust library under Tokenizers.DotNet.</summary>
public sealed class HuggingFaceTokenizer(Vocabulary vocabulary) : PeerTokenizer("Tokenizers.DotNet 1.4.1")
{
    private readonly RustTokenizer _tokenizer = new(Documents.WordPiece(vocabulary.Tokens, Documents.BertNormalizer(true), Documents.Part("BertPreTokenizer")));

    /// <summary>Whether its native library is here: the one package of it is for Linux on x64.</summary>
    public static bool IsHere => OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64;

    public override void Dispose()
    {
        _tokenizer.Dispose();
        base.Dispose();
    }

    private protected override int[] Encode(string text, bool withIds) => _tokenizer.Encode(text);
}
