namespace BareBert.Bench;

/// <summary>A library that makes vectors of texts.</summary>
internal interface IInferenceRunner : IDisposable
{
    /// <summary>As the table has it.</summary>
    string Name { get; }

    /// <summary>The vectors of texts, [texts][C]: the mean over their tokens.</summary>
    float[][] Run(InferenceTexts texts);
}

/// <summary>Texts, and the tokens that they are: who has no tokenizer need not pay for one.</summary>
/// <param name="Texts">The texts.</param>
/// <param name="Sequences">Each one's tokens.</param>
internal sealed record InferenceTexts(string[] Texts, TokenSequence[] Sequences)
{
    /// <summary>Tokens of all.</summary>
    public int Tokens => Sequences.Sum(sequence => sequence.Length);

    public static InferenceTexts Of(IEnumerable<string> texts, SequenceEncoder encoder)
    {
        string[] all = [.. texts];
        return new InferenceTexts(all, [.. all.Select(text => encoder.Encode(text))]);
    }
}

/// <summary>BareBert, from the text, of which it reads so many tokens.</summary>
internal sealed class BareBertRunner(string model, int maxLength, bool int8) : IInferenceRunner
{
    private readonly TextEmbedder _embedder = TextEmbedder.Open(model, new InferenceOptions { Device = "cpu", MaxLength = maxLength, Int8 = int8 }, modules => modules with { Pooling = Pooling.Mean, Normalizes = false });

    public string Name => int8 ? "BareBert, int8" : "BareBert";

    public float[][] Run(InferenceTexts texts) => _embedder.Embed(texts.Texts, "");

    public void Dispose() => _embedder.Dispose();
}
