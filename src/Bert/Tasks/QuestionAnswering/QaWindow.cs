namespace BareBert.Bert.Tasks;

/// <summary>A question and a stretch of its context that the model can read at once.</summary>
/// <param name="Question">Index of the question.</param>
/// <param name="Tokens">[CLS] question [SEP] context [SEP]; offsets are those of the context.</param>
/// <param name="Start">Label: the answer's first token, 0 ([CLS]) where this stretch does not hold the answer, or <see cref="Kernels.Labels.Ignore"/> where the answer is not known.</param>
/// <param name="End">Label: its last token.</param>
public readonly record struct QaWindow(int Question, TokenSequence Tokens, int Start, int End)
{
    /// <summary>Whether the answer lies in this stretch.</summary>
    public bool HasAnswer => Start > 0;

    /// <summary>Whether the window has a loss.</summary>
    public bool IsLabelled => Start != Kernels.Labels.Ignore;
}
