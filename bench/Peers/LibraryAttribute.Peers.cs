using BareBert.TokenizersPeer;

namespace BareBert.Bench;

public sealed partial class LibraryAttribute
{
    partial void FindPeer(ref bool isHere) => isHere = name switch
    {
        TorchSharp => Torch.IsHere,
        TokenizerSuite.HuggingFaceLibrary => HuggingFaceTokenizer.IsHere,
        _ => isHere,
    };
}
