using BareBert.Autograd;

namespace BareBert.Bert.Models;

/// <summary>Is shown what an encoder makes on its way, in order; a value may be overwritten after the call.</summary>
internal interface IEncoderWatcher
{
    /// <summary>What a layer reads and the next one makes of it: the embeddings first, then each layer's output. [tokens, C].</summary>
    void OnHidden(Variable hidden);

    /// <summary>What a layer attends with: queries, keys and values side by side. [tokens, 3C].</summary>
    void OnAttention(Variable qkv);
}
